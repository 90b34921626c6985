import { realpath } from "node:fs/promises";
import type { Container, ContainerInspectInfo } from "dockerode";
import { edgeFolders } from "../../domain/edge-folders.ts";
import { AppError } from "../../domain/errors.ts";
import { RELAY_NAME } from "../../domain/relay.ts";
import type { RelayContainer, RelayEngine } from "../relay-engine.ts";
import { Compose, ComposeFailure } from "./compose.ts";
import { Daemon } from "./daemon.ts";
import { isStatus } from "./daemon-errors.ts";
import { dockerEndpoint } from "./endpoint.ts";
import { execute, lastLines } from "./output.ts";
import { startError } from "./start-errors.ts";

/** @param folder where its Compose file is */
export function createDockerRelay(folder: string): RelayEngine {
  return new DockerRelay(folder);
}

const SERVICE = "relay";
const FOLDER_LABEL = "com.docker.compose.project.working_dir";
/** Whoever is connected is cut anyway. */
const GRACE_SECONDS = 2;
const LINES = 12;

/** A relay's own HAProxy, in a compose project of its own. */
class DockerRelay implements RelayEngine {
  readonly #folder: string;
  readonly #daemon: Daemon;
  readonly #compose: Compose;

  constructor(folder: string) {
    const endpoint = dockerEndpoint(process.env);
    this.#folder = folder;
    this.#daemon = new Daemon(endpoint);
    // There is no home to remember it in, and one container that another compose makes anew is none too many.
    const memory = { read: async () => ({}), update: async () => {} };
    this.#compose = new Compose({ folder, project: RELAY_NAME, endpoint, memory });
  }

  async container(): Promise<RelayContainer | undefined> {
    const found = await this.#find();
    if (found === undefined) return undefined;
    const { State, Config, RestartCount } = found.info;
    return { running: State.Running && !State.Restarting, restarts: RestartCount, image: Config.Image };
  }

  async up(): Promise<void> {
    try {
      await this.#compose.up([SERVICE]);
    } catch (error) {
      if (error instanceof ComposeFailure) throw await startError(error.output, this.#daemon);
      throw error;
    }
  }

  async checkConfig(): Promise<string | undefined> {
    const found = await this.#find();
    if (found === undefined)
      throw new AppError("engine", "the relay has no container", { hint: "mtproxy relay start" });
    const { exitCode, stdout, stderr } = await this.#daemon.call(() =>
      execute(found.container, ["haproxy", "-c", "-q", "-f", `${edgeFolders.config}/haproxy.cfg`]),
    );
    return exitCode === 0 ? undefined : `${stdout}${stderr}`.trim();
  }

  async remove(): Promise<void> {
    const found = await this.#find();
    if (found === undefined) return;
    if (found.info.State.Running) await found.container.stop({ t: GRACE_SECONDS }).catch(unlessDone);
    await found.container.remove({ force: true, v: true }).catch(unlessDone);
  }

  async lastLines(): Promise<readonly string[]> {
    const found = await this.#find();
    return found === undefined ? [] : lastLines(found.container, LINES);
  }

  #find(): Promise<{ container: Container; info: ContainerInspectInfo } | undefined> {
    return this.#daemon.call(async (docker) => {
      const label = [`com.docker.compose.project=${RELAY_NAME}`];
      const [found] = await docker.listContainers({ all: true, filters: { label } });
      if (found === undefined) return undefined;
      await this.#refuseOther(found.Labels[FOLDER_LABEL] ?? this.#folder);
      const container = docker.getContainer(found.Id);
      const info = await container.inspect().catch(unlessDone);
      return info && { container, info };
    });
  }

  /** One relay a machine: a second one would take the first one's container for its own. One whose folder is gone was moved. */
  async #refuseOther(folder: string): Promise<void> {
    const theirs = await realpath(folder).catch(() => undefined);
    if (theirs === undefined || theirs === (await realpath(this.#folder).catch(() => undefined))) return;
    throw new AppError("conflict", `the relay of this machine runs from ${theirs}`, {
      hint: `it can have several ports and servers: mtproxy relay status --folder ${theirs}`,
    });
  }
}

/** It is gone, or as wanted: another command got there first. */
function unlessDone(error: unknown): undefined {
  if (!isStatus(error, 304, 404, 409)) throw error;
}
