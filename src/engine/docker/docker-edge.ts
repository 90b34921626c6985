import type { Container, ContainerInspectInfo, NetworkInspectInfo } from "dockerode";
import { containerLabels } from "../../domain/container-labels.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import { edgeFolders } from "../../domain/edge-folders.ts";
import { AppError } from "../../domain/errors.ts";
import type { EdgeEngine, HaproxyContainer, InstanceName } from "../edge-engine.ts";
import type { Instance, LogOptions } from "../engine.ts";
import { type Compose, ComposeFailure } from "./compose.ts";
import type { Containers, OurContainer } from "./containers.ts";
import type { Daemon } from "./daemon.ts";
import { isStatus } from "./daemon-errors.ts";
import { haproxyVersionIn } from "./haproxy-version.ts";
import { obtainImage } from "./image-source.ts";
import { containerLines, execute } from "./output.ts";
import { startError } from "./start-errors.ts";

interface DockerEdgeParts {
  readonly daemon: Daemon;
  readonly containers: Containers;
  readonly compose: Compose;
  /** compose's project name. */
  readonly project: string;
  pulling(image: string): void;
  remove(containers: readonly OurContainer[]): Promise<void>;
  described(ours: OurContainer): Instance;
}

/** The worker logs its last records within this. */
const GRACE_SECONDS = 5;

/** HAProxy as one more container of the project, and the second instances of shards. */
export class DockerEdge implements EdgeEngine {
  readonly #parts: DockerEdgeParts;

  constructor(parts: DockerEdgeParts) {
    this.#parts = parts;
  }

  async others(): Promise<Instance[]> {
    const all = await this.#parts.containers.list();
    return all
      .filter(({ shardId }, index) => all[index - 1]?.shardId === shardId)
      .map((ours) => this.#parts.described(ours));
  }

  async stop(instances: readonly InstanceName[]): Promise<void> {
    const found = await this.#named(instances);
    await Promise.all(found.map(({ container }) => container.stop({ t: GRACE_SECONDS }).catch(unlessDone)));
  }

  async start(instances: readonly InstanceName[]): Promise<void> {
    const found = await this.#named(instances);
    await Promise.all(found.map(({ container }) => container.start().catch(unlessDone)));
  }

  async remove(instances: readonly InstanceName[]): Promise<void> {
    await this.#parts.remove(await this.#named(instances));
  }

  async #named(instances: readonly InstanceName[]): Promise<OurContainer[]> {
    const all = instances.length === 0 ? [] : await this.#parts.containers.list();
    return all.filter((ours) => instances.some(({ shardId, side }) => shardId === ours.shardId && side === ours.side));
  }

  networks(): Promise<string[]> {
    return this.#parts.daemon.call(async (docker) => (await docker.listNetworks()).flatMap(subnetsOf));
  }

  subnet(): Promise<string | undefined> {
    const label = [`com.docker.compose.project=${this.#parts.project}`, "com.docker.compose.network=edge"];
    return this.#parts.daemon.call(async (docker) => {
      const [network] = await docker.listNetworks({ filters: { label } });
      return network && subnetsOf(network)[0];
    });
  }

  async obtain(image: string): Promise<string> {
    const { daemon, pulling } = this.#parts;
    return (await obtainImage(daemon, image, { fresh: false, pulling: () => pulling(image) })).Id;
  }

  haproxyVersion(image: string): Promise<string> {
    return haproxyVersionIn(this.#parts.daemon, image, this.#parts.project);
  }

  async haproxy(): Promise<HaproxyContainer | undefined> {
    const found = await this.#find();
    return found && described(found.info);
  }

  async startHaproxy(): Promise<void> {
    try {
      await this.#parts.compose.up([HAPROXY_NAME]);
    } catch (error) {
      if (error instanceof ComposeFailure) throw await startError(error.output, this.#parts.daemon);
      throw error;
    }
  }

  async checkConfig(): Promise<string | undefined> {
    const found = await this.#find();
    if (found === undefined) throw new AppError("engine", "HAProxy has no container", { hint: "mtproxy apply" });
    const { exitCode, stdout, stderr } = await this.#parts.daemon.call(() =>
      execute(found.container, ["haproxy", "-c", "-q", "-f", `${edgeFolders.config}/haproxy.cfg`]),
    );
    return exitCode === 0 ? undefined : `${stdout}${stderr}`.trim();
  }

  async stopHaproxy(): Promise<void> {
    const found = await this.#find();
    if (found?.info.State.Running === true) await found.container.stop({ t: GRACE_SECONDS }).catch(unlessDone);
  }

  async removeHaproxy(): Promise<void> {
    const found = await this.#find();
    if (found === undefined) return;
    if (found.info.State.Running) await found.container.stop({ t: GRACE_SECONDS }).catch(unlessDone);
    await found.container.remove({ force: true, v: true }).catch(unlessDone);
  }

  async *haproxyLogs({
    container: id,
    ...options
  }: LogOptions & { readonly container?: string } = {}): AsyncGenerator<string> {
    const found = await this.#find();
    if (found === undefined || (id !== undefined && found.info.Id !== id)) return;
    yield* containerLines(found.container, options);
  }

  #find(): Promise<{ container: Container; info: ContainerInspectInfo } | undefined> {
    return this.#parts.daemon.call(async (docker) => {
      const label = [`com.docker.compose.project=${this.#parts.project}`, containerLabels.haproxy];
      const [found] = await docker.listContainers({ all: true, filters: { label } });
      if (found === undefined) return undefined;
      const container = docker.getContainer(found.Id);
      const info = await container.inspect().catch(unlessDone);
      return info && { container, info };
    });
  }
}

function subnetsOf({ IPAM }: NetworkInspectInfo): string[] {
  return (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes(".") === true ? [Subnet] : []));
}

function described({ Id, State, Config, RestartCount, Image }: ContainerInspectInfo): HaproxyContainer {
  return {
    id: Id,
    running: State.Running && !State.Restarting,
    digest: Config.Labels[containerLabels.haproxy] ?? "",
    image: Config.Image,
    imageId: Image,
    restarts: RestartCount,
    ...(State.StartedAt.startsWith("0001-") ? {} : { startedAt: new Date(State.StartedAt).toISOString() }),
  };
}

/** It is gone, or as wanted: another command got there first. */
function unlessDone(error: unknown): undefined {
  if (!isStatus(error, 304, 404, 409)) throw error;
}
