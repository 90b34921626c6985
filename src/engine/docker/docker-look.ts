import type { ContainerInfo } from "dockerode";
import { containerLabels } from "../../domain/container-labels.ts";
import { AppError } from "../../domain/errors.ts";
import { type ProxyStats, parseProxyStats } from "../../domain/proxy-stats.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import type { Side } from "../../domain/shard.ts";
import type { EngineLook, InstanceLook } from "../engine.ts";
import { cgroupFile, cgroupUse } from "./cgroup.ts";
import type { Daemon } from "./daemon.ts";
import { type StatsPlace, statsFromWithin } from "./inside-network.ts";
import { resourceUse } from "./resources.ts";

interface DockerLookParts {
  readonly daemon: Daemon;
  /** All that are ours, as Docker lists them. */
  list(): Promise<readonly ContainerInfo[]>;
  /** What a shard tells when Docker asks it. */
  stats(shardId: number, side: Side): Promise<ProxyStats>;
}

/**
 * Looks at every container at once. Docker is asked one question; what processes do is read where root on this host finds it, and only
 * where that fails Docker is asked for each part.
 */
export class DockerLook {
  readonly #parts: DockerLookParts;
  readonly #isHere: boolean;
  /** By the container's id. */
  readonly #pids = new Map<string, number>();

  constructor(parts: DockerLookParts) {
    this.#parts = parts;
    this.#isHere = parts.daemon.endpoint.socketPath !== undefined && process.getuid?.() === 0;
  }

  async look(): Promise<EngineLook> {
    const found = await this.#parts.list();
    const ids = new Set(found.map(({ Id }) => Id));
    for (const id of this.#pids.keys()) if (!ids.has(id)) this.#pids.delete(id);
    const shards = found.filter(({ Labels }) => Labels[containerLabels.shard] !== undefined).sort(best);
    const [instances, resources] = await Promise.all([
      this.#instances(shards),
      this.#resources(found.filter(isRunning)),
    ]);
    return { instances, resources };
  }

  async #instances(shards: readonly ContainerInfo[]): Promise<InstanceLook[]> {
    const places = await Promise.all(shards.filter(isRunning).map((info) => this.#place(info)));
    const pages = await statsFromWithin(places.filter((it) => it !== undefined));
    const pageOf = ({ Id }: ContainerInfo) => pages.get(this.#pids.get(Id) ?? 0);
    return Promise.all(shards.map((info) => this.#instance(info, pageOf(info))));
  }

  async #place({ Id, Labels }: ContainerInfo): Promise<StatsPlace | undefined> {
    const pid = await this.#pid(Id).catch(unlessKnown);
    return pid === undefined ? undefined : { pid, port: Labels[containerLabels.statsPort] ?? "8888" };
  }

  async #instance(info: ContainerInfo, page: string | undefined): Promise<InstanceLook> {
    const [shardId, side] = [shardOf(info), sideOf(info)];
    const running = isRunning(info);
    const stats = running ? await this.#stats(shardId, side, page).catch(unlessKnown) : undefined;
    return { shardId, side, id: info.Id, running, ...(stats === undefined ? {} : { stats }) };
  }

  async #stats(shardId: number, side: Side, page: string | undefined): Promise<ProxyStats> {
    return page === undefined ? this.#parts.stats(shardId, side) : parseProxyStats(page);
  }

  /** Undefined when nobody tells what one of them uses: a sum without it would be wrong. */
  async #resources(running: readonly ContainerInfo[]): Promise<ResourceUse[] | undefined> {
    const used = await Promise.all(running.map((info) => this.#use(info))).catch(unlessKnown);
    return used?.filter((it) => it !== undefined);
  }

  async #use({ Id, Names }: ContainerInfo): Promise<ResourceUse | undefined> {
    const name = Names[0]?.slice(1) ?? Id;
    const pid = await this.#pid(Id);
    const use = pid === undefined ? undefined : cgroupUse(name, Id, pid);
    const ask = () => this.#parts.daemon.call((docker) => resourceUse(docker.getContainer(Id), name, this.#isHere));
    return use ?? ask();
  }

  /** Of its first process on this host, which is another one after a restart; undefined where root here cannot see it. */
  async #pid(id: string): Promise<number | undefined> {
    if (!this.#isHere) return undefined;
    const known = this.#pids.get(id);
    if (known !== undefined && isOf(known, id)) return known;
    const { State } = await this.#parts.daemon.call((docker) => docker.getContainer(id).inspect());
    if (!isOf(State.Pid, id)) return undefined;
    this.#pids.set(id, State.Pid);
    return State.Pid;
  }
}

/** What does not answer is not known. */
function unlessKnown(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}

function isOf(pid: number, id: string): boolean {
  try {
    return cgroupFile(pid).includes(id);
  } catch {
    return false;
  }
}

function isRunning({ State }: ContainerInfo): boolean {
  return State === "running";
}

function sideOf({ Labels }: ContainerInfo): Side {
  return Labels[containerLabels.side] === "b" ? "b" : "a";
}

/** By shard; of two the one that serves first: the running one, then the newest. */
function best(a: ContainerInfo, b: ContainerInfo): number {
  return shardOf(a) - shardOf(b) || Number(isRunning(b)) - Number(isRunning(a)) || b.Created - a.Created;
}

function shardOf({ Labels }: ContainerInfo): number {
  return Number(Labels[containerLabels.shard]);
}
