import { DOCKER_MISSING } from "../../domain/engine-facts.ts";
import { AppError, AS_ROOT } from "../../domain/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { isInstalled, isThere } from "./programs.ts";

/** What dockerode throws: a system error with a code, or the daemon's refusal with a status and its message. */
interface DaemonFailure extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly json?: { readonly message?: string };
}

const dockerMissing = new AppError("environment", DOCKER_MISSING, {
  hint: "install it (Debian and Ubuntu: apt-get install docker.io docker-compose), or take a first look with the trial engine",
});

/** Turns whatever a call of the daemon threw into an error that says what to do. */
export async function daemonError(error: unknown, endpoint: Endpoint): Promise<AppError> {
  if (error instanceof AppError) return error;
  const failure = error as DaemonFailure;
  if (failure.statusCode !== undefined) return refused(failure, endpoint);
  if (failure.code === "EACCES" || failure.code === "EPERM") return noPermission(endpoint, error);
  if (endpoint.socketPath === undefined) return unreachable(endpoint, failure);
  if (failure.code === "ENOENT" || failure.code === "ECONNREFUSED") return daemonDown(endpoint, error);
  return new AppError("engine", `Docker at ${endpoint.url} broke off: ${failure.message}`, { cause: error });
}

/** The daemon's own sentence; dockerode wraps it into "(HTTP code 500) server error - …". */
export function daemonWords(failure: Error): string {
  const { json, message } = failure as DaemonFailure;
  return json?.message ?? message.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}

export function isStatus(error: unknown, ...codes: number[]): boolean {
  return codes.includes((error as DaemonFailure | undefined)?.statusCode ?? 0);
}

function refused(failure: DaemonFailure, endpoint: Endpoint): AppError {
  const words = daemonWords(failure);
  if (words !== "") return new AppError("engine", `Docker: ${words}`, { cause: failure });
  const said = `what listens at ${endpoint.url} answers with HTTP ${failure.statusCode} and no word`;
  return new AppError("engine", said, { hint: "is that Docker? docker version asks it too", cause: failure });
}

function noPermission(endpoint: Endpoint, cause: unknown): AppError {
  return new AppError("environment", `no permission to use Docker's socket ${endpoint.socketPath ?? endpoint.url}`, {
    hint: AS_ROOT,
    cause,
  });
}

async function daemonDown(endpoint: Endpoint, cause: unknown): Promise<AppError> {
  if (!(await isInstalled("dockerd")) && !(await isInstalled("docker"))) return dockerMissing;
  return new AppError("environment", `Docker is installed, but its daemon does not run (${endpoint.url})`, {
    hint: (await isThere("/run/systemd/system")) ? "systemctl start docker" : "service docker start",
    cause,
  });
}

function unreachable(endpoint: Endpoint, failure: DaemonFailure): AppError {
  return new AppError("environment", `no Docker daemon answers at ${endpoint.url}: ${failure.message}`, {
    hint: "is DOCKER_HOST right? Without it the local daemon is used",
    cause: failure,
  });
}
