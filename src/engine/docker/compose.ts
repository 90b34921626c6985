import { runProgram } from "../../host/run-program.ts";
import { composeEnvironment, type EngineMemory, findCompose } from "./compose-command.ts";
import type { Endpoint } from "./endpoint.ts";

interface ComposeOptions {
  /** Folder of docker-compose.yml and .env. */
  readonly folder: string;
  readonly project: string;
  readonly endpoint: Endpoint;
  readonly memory: EngineMemory;
}

/** compose said no; `output` is everything it printed. */
export class ComposeFailure extends Error {
  readonly output: string;

  constructor(output: string) {
    super("compose failed");
    this.output = output;
  }
}

/** A pull inside `up` may take long on a small line. */
const TIMEOUT_MS = 15 * 60_000;

const VERSION_MS = 30_000;

/** Drives `docker compose` or `docker-compose` on the rendered folder. */
export class Compose {
  readonly #options: ComposeOptions;
  #command: Promise<readonly string[]> | undefined;

  constructor(options: ComposeOptions) {
    this.#options = options;
  }

  /**
   * That there is a compose. One that was found before is believed, so that a command which starts nothing stays quick.
   * @throws AppError environment
   */
  async check(): Promise<void> {
    if ((await this.#options.memory.read()).compose === undefined) await this.#find();
  }

  /**
   * The compose that would be used, and its version. Remembers nothing.
   * @throws AppError environment when there is none
   */
  async version(): Promise<{ compose: string; composeCommand: readonly string[] }> {
    const { memory } = this.#options;
    const forgetful = { read: () => memory.read(), update: async () => {} };
    const composeCommand = await findCompose(forgetful, this.#environment());
    const { stdout } = await runProgram([...composeCommand, "version", "--short"], {
      env: this.#environment(),
      timeout: VERSION_MS,
    });
    return { compose: stdout.trim(), composeCommand };
  }

  /**
   * Creates, recreates or starts the named services and no other.
   * @throws ComposeFailure
   */
  up(services: readonly string[]): Promise<void> {
    return this.#run(["up", "--detach", "--no-deps", ...services]);
  }

  async #run(args: readonly string[]): Promise<void> {
    const { folder, project } = this.#options;
    const command = [...(await this.#find()), "--project-name", project, ...args];
    const { failed, all } = await runProgram(command, {
      cwd: folder,
      env: this.#environment(),
      timeout: TIMEOUT_MS,
    });
    if (failed) throw new ComposeFailure(all);
  }

  #find(): Promise<readonly string[]> {
    this.#command ??= findCompose(this.#options.memory, this.#environment());
    return this.#command;
  }

  #environment(): Record<string, string> {
    return composeEnvironment(process.env, this.#options.endpoint.url);
  }
}
