import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../../domain/errors.ts";
import type { StartReport } from "./main.ts";

interface LaunchOptions {
  /** The bundled server. */
  readonly program: string;
  /** Path of the rendered trial.json. */
  readonly config: string;
  readonly run: string;
  readonly logs: string;
}

/** Where the bundled server is: beside the bundled command line, or in dist/ of a checkout. */
export function findServerProgram(): string | undefined {
  const places = ["./trial-server.cjs", "../dist/trial-server.cjs", "../../../dist/trial-server.cjs"];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
}

export function logPath(logs: string): string {
  return join(logs, "trial-server.log");
}

/**
 * Starts the server in a session of its own, with nothing of ours but a log, and returns when it serves.
 * @throws AppError what the server says of why it cannot; engine when it says nothing
 */
export async function launch({ program, config, run, logs }: LaunchOptions): Promise<void> {
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(logPath(logs), "a", 0o600);
  const args = [...memoryFlags, program, "--config", config, "--run", run, "--log", logPath(logs)];
  const child = spawn(process.execPath, args, {
    cwd: "/",
    env: { PATH: process.env.PATH, TZ: process.env.TZ },
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const report = await startReport(child, logPath(logs));
  child.unref();
  if (report.started) return;
  const { kind, message, hint } = report.error;
  throw new AppError(kind, message, hint === undefined ? {} : { hint });
}

/** Garbage is collected early: the proxy holds little for long, and shares a small machine. */
const memoryFlags = ["--max-semi-space-size=2", "--max-old-space-size=256"];

function startReport(child: ChildProcess, path: string): Promise<StartReport> {
  return new Promise((resolve, reject) => {
    child.once("message", (report) => resolve(report as StartReport));
    child.once("error", (error) => reject(new AppError("environment", `node cannot be started: ${error.message}`)));
    child.once("exit", (code, signal) =>
      reject(
        new AppError("engine", `the trial server ended at once (${signal ?? `exit code ${code}`})`, {
          hint: `what it said is in ${path}`,
        }),
      ),
    );
  });
}
