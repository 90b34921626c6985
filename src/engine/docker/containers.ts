import type { Container, ContainerInfo, ContainerInspectInfo, Network } from "dockerode";
import { containerLabels } from "../../domain/container-labels.ts";
import { AppError } from "../../domain/errors.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { instanceName, type Side, shardName } from "../../domain/shard.ts";
import type { Instance } from "../engine.ts";
import type { Daemon } from "./daemon.ts";
import { isStatus } from "./daemon-errors.ts";
import { refuseOtherHome } from "./homes.ts";
import { resourceUse } from "./resources.ts";

/** One of our containers as the daemon describes it. */
export interface OurContainer {
  readonly shardId: number;
  readonly side: Side;
  readonly container: Container;
  readonly info: ContainerInspectInfo;
}

const PROJECT_LABEL = "com.docker.compose.project";

interface ContainersOptions {
  readonly daemon: Daemon;
  /** compose's project name. */
  readonly project: string;
  /** Where this home's files are rendered. */
  readonly folder: string;
}

/** The containers that carry our project's and a shard's label, by shard; nobody else's are ever looked at. */
export class Containers {
  readonly #daemon: Daemon;
  readonly #project: string;
  readonly #folder: string;

  constructor({ daemon, project, folder }: ContainersOptions) {
    this.#daemon = daemon;
    this.#project = project;
    this.#folder = folder;
  }

  /** Removes compose's network once nothing of ours is left to use it. */
  async dropNetworks(): Promise<void> {
    if ((await this.list()).length > 0) return;
    await this.#daemon.call(async (docker) => {
      const networks = await docker.listNetworks({ filters: { label: [`${PROJECT_LABEL}=${this.#project}`] } });
      await Promise.all(networks.map(({ Id }) => removeNetwork(docker.getNetwork(Id))));
    });
  }

  /**
   * Those of the shards, or all when none are named; of two of one shard the running one first, then the newest.
   * @throws AppError conflict when they are another home's
   */
  list(shardIds?: readonly number[]): Promise<OurContainer[]> {
    return this.#daemon.call(async (docker) => {
      const label = [`${PROJECT_LABEL}=${this.#project}`, containerLabels.shard];
      const found = await docker.listContainers({ all: true, filters: { label } });
      await refuseOtherHome(found, this.#folder);
      const wanted = found.filter(({ Labels }) => shardIds?.includes(shardOf(Labels)) ?? true);
      const ours = await Promise.all(wanted.map(({ Id }) => describe(docker.getContainer(Id))));
      return ours.filter((it) => it !== undefined).sort((a, b) => a.shardId - b.shardId || best(a, b));
    });
  }

  /** Those of the shards and HAProxy's, as Docker lists them. @throws AppError conflict when they are another home's */
  listed(): Promise<ContainerInfo[]> {
    return this.#daemon.call(async (docker) => {
      const label = [`${PROJECT_LABEL}=${this.#project}`];
      const ours = (await docker.listContainers({ all: true, filters: { label } })).filter(({ Labels }) =>
        isPart(Labels),
      );
      await refuseOtherHome(ours, this.#folder);
      return ours;
    });
  }

  /** What those of the shards and HAProxy's use, as far as they run. */
  resources(): Promise<ResourceUse[]> {
    return this.#daemon.call(async (docker) => {
      const ours = (await this.listed()).filter(({ State }) => State === "running");
      const isHere = this.#daemon.endpoint.socketPath !== undefined;
      const used = ours.map(({ Id, Names }) => resourceUse(docker.getContainer(Id), Names[0]?.slice(1) ?? Id, isHere));
      return (await Promise.all(used)).filter((it) => it !== undefined);
    });
  }

  /**
   * The container of a shard: that of `side`, or of two the one that serves.
   * @throws AppError engine when there is none
   */
  async find(shardId: number, side?: Side): Promise<OurContainer> {
    const all = await this.list([shardId]);
    const found = all.find((ours) => side === undefined || ours.side === side);
    if (found !== undefined) return found;
    throw new AppError("engine", `${shardName(shardId)} has no container`, { hint: "mtproxy apply" });
  }
}

export function isRunning({ info: { State } }: OurContainer): boolean {
  return State.Running && !State.Restarting;
}

export function instanceOf(ours: OurContainer): Instance {
  const { shardId, side, info } = ours;
  const { StartedAt, ExitCode } = info.State;
  const configDigest = info.Config.Labels[containerLabels.configDigest];
  const running = isRunning(ours);
  return {
    shardId,
    ...(side === "a" ? {} : { side }),
    id: info.Id,
    running,
    restarts: info.RestartCount,
    ...partsOf(info.Config.Labels),
    ...(configDigest === undefined ? {} : { configDigest }),
    ...(wasStarted(StartedAt) ? { startedAt: new Date(StartedAt).toISOString() } : {}),
    ...(running || !wasStarted(StartedAt) ? {} : { exitCode: ExitCode }),
  };
}

function partsOf(labels: Readonly<Record<string, string>>): Pick<Instance, "parts"> {
  const [rest, keys] = [labels[containerLabels.restDigest], labels[containerLabels.keyDigests]];
  return rest === undefined || keys === undefined ? {} : { parts: { rest, keys: keys.split(" ") } };
}

/** A container that was created and never started has the year 1 there. */
function wasStarted(startedAt: string): boolean {
  return startedAt !== "" && !startedAt.startsWith("0001-");
}

/** Undefined for a container that went away meanwhile. */
async function describe(container: Container): Promise<OurContainer | undefined> {
  try {
    const info = await container.inspect();
    const { Labels } = info.Config;
    return { shardId: shardOf(Labels), side: Labels[containerLabels.side] === "b" ? "b" : "a", container, info };
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Somebody else's container may have joined it: then it stays. */
async function removeNetwork(network: Network): Promise<void> {
  try {
    await network.remove();
  } catch (error) {
    if (!isStatus(error, 403, 404, 409)) throw error;
  }
}

function isPart(labels: Readonly<Record<string, string>>): boolean {
  return labels[containerLabels.shard] !== undefined || labels[containerLabels.haproxy] !== undefined;
}

function shardOf(labels: Readonly<Record<string, string>>): number {
  return Number(labels[containerLabels.shard]);
}

/** The running one first, then the newest. */
function best(a: OurContainer, b: OurContainer): number {
  return Number(isRunning(b)) - Number(isRunning(a)) || Date.parse(b.info.Created) - Date.parse(a.info.Created);
}

/**
 * What a compose that was killed left of a replacement: it names one of the two containers `ID_NAME` meanwhile (2.x the new one,
 * 1.29 the old one). Beside another one of the shard such a container is of no use, and in the way of the next replacement.
 */
export function leftovers(containers: readonly OurContainer[]): OurContainer[] {
  return containers.filter((ours) => !hasItsName(ours) && keeper(containers, ours) !== ours);
}

function keeper(containers: readonly OurContainer[], { shardId, side }: OurContainer): OurContainer | undefined {
  const all = containers.filter((ours) => ours.shardId === shardId && ours.side === side);
  return all.find(hasItsName) ?? all[0];
}

export function hasItsName({ shardId, side, info }: OurContainer): boolean {
  return info.Name === `/${instanceName(shardId, side)}`;
}
