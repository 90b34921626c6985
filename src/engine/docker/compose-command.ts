import type { EngineRecord } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { runProgram } from "../../host/run-program.ts";

/** Where what was learned about the engine outlives a command. */
export interface EngineMemory {
  read(): Promise<EngineRecord>;
  update(change: (record: EngineRecord) => EngineRecord): Promise<unknown>;
}

const CANDIDATES = [["docker", "compose"], ["docker-compose"]] as const;

const VARIABLES = ["PATH", "HOME", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "SSH_AUTH_SOCK"];

/**
 * The environment that compose gets: enough to find the daemon, and none of the variables that would stand in for those of our
 * .env or change what compose does.
 */
export function composeEnvironment(environment: NodeJS.ProcessEnv, dockerHost: string): Record<string, string> {
  const kept = VARIABLES.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), DOCKER_HOST: dockerHost, LC_ALL: "C.UTF-8" };
}

/**
 * The compose command: the remembered one while it works, because another one would recreate every container; else
 * `docker compose`, else `docker-compose` (2.x or 1.29).
 * @throws AppError environment when there is none
 */
export async function findCompose(memory: EngineMemory, env: Record<string, string>): Promise<readonly string[]> {
  const { compose } = await memory.read();
  for (const command of compose === undefined ? CANDIDATES : [compose, ...CANDIDATES]) {
    if (!(await works(command, env))) continue;
    if (command !== compose) await memory.update((record) => ({ ...record, compose: command }));
    return command;
  }
  throw new AppError("environment", "Docker Compose is not installed here", {
    hint: "install it: apt-get install docker-compose-plugin (Docker's packages), docker-compose-v2 or docker-compose",
  });
}

async function works(command: readonly string[], env: Record<string, string>): Promise<boolean> {
  return !(await runProgram([...command, "version"], { env, timeout: 30_000 })).failed;
}
