import { composeProject } from "../../domain/container-labels.ts";
import { dockerCapabilities, type ImageVerdict } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { type ProxyStats, parseProxyStats } from "../../domain/proxy-stats.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { instanceName, type Side, shardName } from "../../domain/shard.ts";
import type { Progress } from "../../ports.ts";
import type { EdgeEngine } from "../edge-engine.ts";
import type {
  Engine,
  EngineLook,
  EngineVersions,
  Instance,
  LogOptions,
  ProbeImageOptions,
  ShardTarget,
} from "../engine.ts";
import { requireAmd64 } from "./architecture.ts";
import { Compose, ComposeFailure } from "./compose.ts";
import type { EngineMemory } from "./compose-command.ts";
import { Containers, hasItsName, instanceOf, isRunning, leftovers, type OurContainer } from "./containers.ts";
import { Daemon } from "./daemon.ts";
import { daemonWords, isStatus } from "./daemon-errors.ts";
import { DockerEdge } from "./docker-edge.ts";
import { DockerLook } from "./docker-look.ts";
import { dockerEndpoint } from "./endpoint.ts";
import { requireRunning, watchStart } from "./liveness.ts";
import { containerLines, execute } from "./output.ts";
import { probeImage } from "./probe.ts";
import { startError } from "./start-errors.ts";
import { readStatsPage } from "./stats-page.ts";

interface DockerEngineOptions {
  /** Folder of the rendered docker-compose.yml. */
  readonly rendered: string;
  /** What is known of image and compose between commands. */
  readonly record: EngineMemory;
  readonly progress?: Pick<Progress, "step">;
  /** compose's project name, when it is not the product's own. */
  readonly project?: string;
}

/** Shards as containers of the C proxy. DOCKER_HOST is honoured; without it the local daemon is used. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  return new DockerEngine(options);
}

/** Seconds until Docker kills; the proxy itself ends within milliseconds of SIGTERM. */
const GRACE_SECONDS = 10;

class DockerEngine implements Engine {
  readonly name = "docker";
  readonly capabilities = dockerCapabilities;
  readonly edge: EdgeEngine;
  readonly #daemon: Daemon;
  readonly #containers: Containers;
  readonly #compose: Compose;
  readonly #look: DockerLook;
  readonly #project: string;
  readonly #progress: Pick<Progress, "step"> | undefined;

  constructor({ rendered, record, progress, project = composeProject }: DockerEngineOptions) {
    const endpoint = dockerEndpoint(process.env);
    this.#daemon = new Daemon(endpoint);
    this.#containers = new Containers({ daemon: this.#daemon, project, folder: rendered });
    this.#compose = new Compose({ folder: rendered, project, endpoint, memory: record });
    this.#look = new DockerLook({
      daemon: this.#daemon,
      list: () => this.#containers.listed(),
      stats: (shardId, side) => this.stats(shardId, side),
    });
    this.#progress = progress;
    this.#project = project;
    this.edge = new DockerEdge({
      daemon: this.#daemon,
      containers: this.#containers,
      compose: this.#compose,
      project,
      pulling: (image) => progress?.step(`pulling ${image}`),
      remove: (containers) => this.#remove(containers),
      described: (ours) => this.#described(ours),
    });
  }

  async check(): Promise<void> {
    await requireAmd64(this.#daemon);
    await this.#compose.check();
  }

  async versions(): Promise<EngineVersions> {
    await requireAmd64(this.#daemon);
    const { Version } = await this.#daemon.call((docker) => docker.version());
    return { daemon: Version, ...(await this.#compose.version()) };
  }

  async instances(): Promise<Instance[]> {
    return servingOnes(await this.#containers.list()).map((ours) => this.#described(ours));
  }

  async up(changed: readonly ShardTarget[], removed: readonly number[]): Promise<void> {
    const existing = await this.#tidied(await this.#containers.list());
    await this.#remove(existing.filter(({ shardId }) => removed.includes(shardId)));
    const stale = changed.filter((target) => !existing.some((ours) => runsAs(ours, target)));
    if (stale.length > 0) await this.#create(stale);
    else if (removed.length > 0) await this.#containers.dropNetworks();
  }

  async stop(shardIds?: readonly number[]): Promise<void> {
    const running = (await this.#containers.list(shardIds)).filter(({ info }) => info.State.Running);
    if (shardIds === undefined) await this.edge.stopHaproxy();
    await this.#each(running, ({ container }) => container.stop({ t: GRACE_SECONDS }));
  }

  async start(shardIds?: readonly number[]): Promise<void> {
    const existing = await this.#existing(shardIds);
    const stopped = existing.filter(({ info }) => !info.State.Running);
    await this.#starting(stopped, ({ container }) => container.start());
  }

  async restart(shardIds?: readonly number[]): Promise<void> {
    await this.#starting(await this.#existing(shardIds), ({ container }) => container.restart({ t: GRACE_SECONDS }));
  }

  /** Workers re-read their file only when the signal reaches them too, so everything in the container gets it but PID 1. */
  async reload(shardId: number): Promise<void> {
    const ours = await this.#containers.find(shardId);
    await requireRunning(ours);
    const { exitCode, stderr } = await this.#daemon.call(() =>
      execute(ours.container, ["/bin/sh", "-c", "kill -HUP -1"]),
    );
    if (exitCode !== 0)
      throw new AppError("engine", `${shardName(shardId)} cannot be told to reload: ${stderr.trim()}`);
  }

  async stats(shardId: number, side?: Side): Promise<ProxyStats> {
    const ours = await this.#containers.find(shardId, side);
    await requireRunning(ours);
    return parseProxyStats(await readStatsPage(this.#daemon, ours));
  }

  resources(): Promise<ResourceUse[]> {
    return this.#containers.resources();
  }

  look(): Promise<EngineLook> {
    return this.#look.look();
  }

  async *logs(shardId: number, options: LogOptions = {}): AsyncGenerator<string> {
    const { container } = await this.#containers.find(shardId, options.side);
    yield* containerLines(container, options);
  }

  probeImage(image: string, { fresh }: ProbeImageOptions = {}): Promise<ImageVerdict> {
    const pulling = (): void => this.#progress?.step(`pulling ${image}`);
    return probeImage({ daemon: this.#daemon, image, project: this.#project, pulling, fresh });
  }

  async localImages(): Promise<string[]> {
    const images = await this.#daemon.call((docker) => docker.listImages());
    return images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])]);
  }

  /** As others see it. */
  #described(ours: OurContainer): Instance {
    return { ...instanceOf(ours), ...(this.#daemon.endpoint.socketPath === undefined ? {} : pidOf(ours)) };
  }

  async #create(targets: readonly ShardTarget[]): Promise<void> {
    try {
      await this.#compose.up(targets.map(({ shardId, side }) => instanceName(shardId, side)));
    } catch (error) {
      if (error instanceof ComposeFailure) throw await startError(error.output, this.#daemon);
      throw error;
    }
    await watchStart(this.#containers, targets);
  }

  async #remove(containers: readonly OurContainer[]): Promise<void> {
    await this.#each(containers, async ({ container, info }) => {
      if (info.State.Running) await container.stop({ t: GRACE_SECONDS });
      await container.remove({ force: true, v: true });
    });
  }

  /** @throws AppError engine when a named shard has no container */
  async #existing(shardIds?: readonly number[]): Promise<OurContainer[]> {
    for (const id of shardIds ?? []) await this.#containers.find(id);
    return this.#tidied(await this.#containers.list(shardIds));
  }

  /** Without what a killed compose left behind, which is removed; what it left under a name of its own gets the shard's. */
  async #tidied(containers: readonly OurContainer[]): Promise<OurContainer[]> {
    const useless = leftovers(containers);
    await this.#remove(useless);
    const kept = containers.filter((ours) => !useless.includes(ours));
    const misnamed = kept.filter((ours) => !hasItsName(ours));
    await this.#each(misnamed, ({ container, shardId, side }) =>
      container.rename({ name: instanceName(shardId, side) }),
    );
    return kept;
  }

  async #starting(containers: readonly OurContainer[], work: (ours: OurContainer) => Promise<unknown>): Promise<void> {
    await this.#each(containers, async (ours) => {
      try {
        await work(ours);
      } catch (error) {
        if (isStatus(error, 500)) throw await startError(daemonWords(error as Error), this.#daemon);
        throw error;
      }
    });
    await watchStart(this.#containers, containers);
  }

  /** That a container is gone, or is already as wanted, is no error: another command got there first. */
  async #each(containers: readonly OurContainer[], work: (ours: OurContainer) => Promise<unknown>): Promise<void> {
    const attempt = (ours: OurContainer): Promise<unknown> =>
      work(ours).catch((error: unknown) => {
        if (!isStatus(error, 304, 404)) throw error;
      });
    await this.#daemon.call(() => Promise.all(containers.map(attempt)));
  }
}

function pidOf({ info: { State } }: OurContainer): Pick<Instance, "pid"> {
  return State.Running && State.Pid > 0 ? { pid: State.Pid } : {};
}

/** Of two of a shard the one that serves; they are sorted so. */
export function servingOnes(containers: readonly OurContainer[]): OurContainer[] {
  return containers.filter(({ shardId }, index) => containers[index - 1]?.shardId !== shardId);
}

function runsAs(ours: OurContainer, { shardId, side = "a", configDigest }: ShardTarget): boolean {
  return (
    ours.shardId === shardId && ours.side === side && isRunning(ours) && instanceOf(ours).configDigest === configDigest
  );
}
