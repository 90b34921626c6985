import { randomInt } from "node:crypto";
import { chmod, chown, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { AGENT_KEY_FILE, type AgentNumber, agentNumbers } from "../../../src/domain/agent.ts";
import type { EdgeConfig } from "../../../src/domain/edge.ts";
import { agentSocket } from "../../../src/edge/agent/places.ts";
import { type RunningAgent, runAgent } from "../../../src/edge/agent/run-agent.ts";
import type { EdgeKey } from "../../../src/edge/identify/edge-key.ts";
import { RunningHaproxy as Runtime } from "../../../src/edge/runtime/running-haproxy.ts";
import { fakeTls, padded } from "../../unit/edge/identify/edge-keys.ts";
import { tempFolder } from "../temp-home.ts";
import { AgentProcess } from "./agent-process.ts";
import { type EdgeFolders, edgeFoldersIn, edgeUser, giveToAgents, RunningHaproxy } from "./haproxy.ts";
import { NamedPeer, Visitor } from "./peer.ts";

/** Two shards, a site, two agents and HAProxy before them, with people of both kinds. */
export class EdgeScene {
  readonly folders: EdgeFolders;
  readonly haproxy: RunningHaproxy;
  readonly config: EdgeConfig;
  readonly peers: { readonly shard1: NamedPeer; readonly shard2: NamedPeer; readonly site: NamedPeer };
  /** Of this process, or in processes of their own. */
  readonly agents: Pick<RunningAgent, "close">[] = [];

  private constructor(parts: Pick<EdgeScene, "folders" | "haproxy" | "config" | "peers">) {
    this.folders = parts.folders;
    this.haproxy = parts.haproxy;
    this.config = parts.config;
    this.peers = parts.peers;
  }

  /** @param within words that start HAProxy in another network */
  static start(
    keys: readonly EdgeKey[],
    change: Partial<EdgeConfig> = {},
    within: readonly string[] = [],
  ): Promise<EdgeScene> {
    return EdgeScene.#start(keys, change, startAgent, within);
  }

  /** With agents as the host runs them. */
  static async startProcesses(keys: readonly EdgeKey[], change: Partial<EdgeConfig> = {}): Promise<ProcessScene> {
    const processes: AgentProcess[] = [];
    const scene = await EdgeScene.#start(keys, change, async ({ home }, number) => {
      const agent = await AgentProcess.start(home, number);
      processes[number - 1] = agent;
      return agent;
    });
    return { scene, processes };
  }

  static async #start(
    keys: readonly EdgeKey[],
    change: Partial<EdgeConfig>,
    start: (folders: EdgeFolders, number: AgentNumber) => Promise<Pick<RunningAgent, "close">>,
    within: readonly string[] = [],
  ): Promise<EdgeScene> {
    const folders = await edgeFoldersIn(await tempFolder());
    const peers = {
      shard1: await NamedPeer.start("shard1"),
      shard2: await NamedPeer.start("shard2"),
      site: await NamedPeer.start("site"),
    };
    const config: EdgeConfig = {
      ports: [await freePort()],
      maxConnections: 2000,
      maxConnectionsPerSource: 100,
      addressWindow: 86_400,
      shards: [
        { id: 1, kind: "obfuscated", address: "127.0.0.1", port: peers.shard1.port },
        { id: 2, kind: "fake-tls", address: "127.0.0.1", port: peers.shard2.port },
      ],
      servers: keys.map(({ server, shardId }) => ({ name: server, shardId })),
      site: { kind: "server", address: "127.0.0.1", port: peers.site.port },
      subnet: newSubnet(),
      user: edgeUser,
      ...change,
    };
    await writeKeys(folders, keys);
    const agents = await Promise.all(agentNumbers.map((number) => start(folders, number)));
    const haproxy = await RunningHaproxy.start(folders, config, within);
    const scene = new EdgeScene({ folders, haproxy, config, peers });
    scene.agents.push(...agents);
    await scene.agentsAreUp();
    return scene;
  }

  /** HAProxy's sockets. */
  get runtime(): Runtime {
    const { run } = this.folders;
    return new Runtime({ worker: join(run, "haproxy.sock"), master: join(run, "master.sock") });
  }

  get port(): number {
    return this.config.ports[0] ?? 0;
  }

  visitor(options?: ConstructorParameters<typeof Visitor>[1]): Visitor {
    return new Visitor(this.port, options);
  }

  /** Who answers to these first bytes. */
  async whoAnswers(bytes: Uint8Array, options?: ConstructorParameters<typeof Visitor>[1]): Promise<string> {
    const visitor = this.visitor(options);
    const answer = await visitor.say(bytes);
    await visitor.close();
    return answer;
  }

  writeKeys(keys: readonly EdgeKey[]): Promise<void> {
    return writeKeys(this.folders, keys);
  }

  agentsAreUp(): Promise<void> {
    return vi.waitFor(async () => expect(await this.#agentStates()).toEqual(["UP", "UP"]), 10_000);
  }

  agentsAreDown(): Promise<void> {
    return vi.waitFor(async () => expect(await this.#agentStates()).toEqual(["DOWN", "DOWN"]), 10_000);
  }

  async startAgent(number: AgentNumber): Promise<void> {
    this.agents[number - 1] = await startAgent(this.folders, number);
  }

  /** The record of the connection that ended last, once there are `count` of them. */
  async record(count: number): Promise<Readonly<Record<string, string>>> {
    await vi.waitFor(() => expect(this.haproxy.records.length).toBeGreaterThanOrEqual(count), 5000);
    return this.haproxy.records[count - 1] ?? {};
  }

  async #agentStates(): Promise<(string | undefined)[]> {
    const rows = (await this.haproxy.ask("show stat agents 4 -1"))
      .split("\n")
      .filter((row) => row.startsWith("agents,"));
    return rows.map((row) => row.split(",")[17]?.split(" ")[0]);
  }
}

/** Agents by number, from 0. */
export interface ProcessScene {
  readonly scene: EdgeScene;
  readonly processes: AgentProcess[];
}

/** Of addresses that this machine has anyway: another one each time, because the site's port is always the same. */
export function newSubnet(): string {
  return `127.${randomInt(64, 250)}.${randomInt(256)}.0/24`;
}

export const alice = padded("alice");
export const bob = fakeTls("bob");

let generation = 0;

async function writeKeys({ agents }: EdgeFolders, keys: readonly EdgeKey[]): Promise<void> {
  generation += 1;
  const file = {
    generation: String(generation),
    helloBytes: { minBytes: 517, maxBytes: 4096 },
    keys: keys.map(({ key, ...rest }) => ({ key: key.reveal(), ...rest })),
  };
  await writeFile(join(agents, "keys.new"), JSON.stringify(file), { mode: 0o600 });
  await giveToAgents(join(agents, "keys.new"));
  await rename(join(agents, "keys.new"), join(agents, AGENT_KEY_FILE));
}

async function startAgent(folders: EdgeFolders, number: number): Promise<RunningAgent> {
  const folder = folders.agents;
  const agent = await runAgent({
    number,
    folder,
    keyFile: join(folder, AGENT_KEY_FILE),
    version: "test",
    log: () => {},
  });
  await chown(agentSocket(folder, number), edgeUser.uid, edgeUser.gid);
  await chmod(agentSocket(folder, number), 0o660);
  onTestFinished(() => agent.close());
  return agent;
}
