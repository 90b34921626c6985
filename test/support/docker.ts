import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Docker from "dockerode";
import type { Deployment } from "../../src/domain/deployment.ts";
import type { EngineRecord, ImageVerdict } from "../../src/domain/engine-facts.ts";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import type { Engine, ShardTarget } from "../../src/engine/engine.ts";
import { configDigest } from "../../src/render/config-digest.ts";
import { renderDocker } from "../../src/render/docker.ts";
import type { RenderedFile } from "../../src/render/rendered-file.ts";
import { deployment } from "./deployment.ts";
import { type MiddleProxy, startMiddleProxy } from "./telegram/middle-proxy.ts";

/** Not the product's own: tests never take containers of a real home for theirs. */
export const testProject = "familytraffic-mtproxy-test";

/** From where the tests' Telegram side believes to see every proxy. */
export const testEgress = "203.0.113.7";

/** The user that root gives to containers; anybody else lends them their own. */
export const containerUser =
  process.getuid?.() === 0
    ? { uid: 10001, gid: 10001 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** A folder of rendered files and an engine that runs from it. */
export class DockerHome {
  readonly rendered: string;
  readonly engine: Engine;
  record: EngineRecord = {};

  constructor(rendered: string, record: EngineRecord) {
    this.rendered = rendered;
    this.record = record;
    const memory = {
      read: async () => this.record,
      update: async (change: (record: EngineRecord) => EngineRecord) => {
        this.record = change(this.record);
      },
    };
    this.engine = createDockerEngine({ rendered, record: memory, project: testProject });
  }

  /** Renders as a command would. The files are the deployment's own, this home's user put in. */
  async write(change: Partial<Deployment>): Promise<ShardTarget[]> {
    const whole = deployment({ containerUser, egressIpv4: testEgress, ...change });
    await mkdir(this.rendered, { recursive: true });
    for (const file of renderDocker(whole)) await put(this.rendered, file);
    return whole.shards.map((shard) => ({ shardId: shard.shard.id, configDigest: configDigest(whole, shard) }));
  }

  async dispose(): Promise<void> {
    await removeTestContainers();
    await rm(dirname(this.rendered), { recursive: true, force: true });
  }
}

export async function dockerHome(record: EngineRecord = {}): Promise<DockerHome> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-docker-"));
  return new DockerHome(join(folder, "mtproxy"), record);
}

/** A verdict as a probe would give it, for tests that need none. */
export function localImage(image: string): ImageVerdict {
  const { digest: _, ...local } = deployment().engineRecord.image ?? ({} as ImageVerdict);
  return { ...local, image, openFilesLimit: 4096 };
}

/** Settings for small shards of an image. */
export function smallSettings(image: string): Deployment["settings"] {
  return { ...deployment().settings, image, maxConnections: 500 };
}

async function put(folder: string, { path, content, mode, forContainer }: RenderedFile): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  await chmod(target, mode);
  if (!forContainer) return;
  for (const owned of [dirname(target), target]) await chown(owned, containerUser.uid, containerUser.gid);
}

export async function removeTestContainers(project = testProject): Promise<void> {
  const docker = new Docker();
  const label = [`com.docker.compose.project=${project}`];
  const found = await docker.listContainers({ all: true, filters: { label } });
  await Promise.all(found.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const networks = await docker.listNetworks({ filters: { label } });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
}

/** Telegram on the address at which containers find this host. */
export async function telegramForContainers(): Promise<MiddleProxy> {
  const gateway = await bridgeGateway();
  return startMiddleProxy({ host: gateway, seesProxyAs: testEgress });
}

/** Telegram's files as a deployment takes them. */
export function telegramFiles(telegram: MiddleProxy): NonNullable<Deployment["telegram"]> {
  return { proxySecret: telegram.proxySecret, proxyMultiConf: Buffer.from(telegram.proxyMultiConf()) };
}

/** The host's own address on Docker's default bridge. A fresh daemon does not name it there: then it is the subnet's first. */
async function bridgeGateway(): Promise<string> {
  const { IPAM } = (await new Docker().getNetwork("bridge").inspect()) as Docker.NetworkInspectInfo;
  const [config] = IPAM?.Config ?? [];
  return config?.Gateway || (config?.Subnet ?? "").replace(/\.0\/\d+$/, ".1");
}

export { freePort } from "../../bench/free-port.ts";
