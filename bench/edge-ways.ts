import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AGENT_KEY_FILE, agentUser } from "../src/domain/agent.ts";
import type { EdgeConfig } from "../src/domain/edge.ts";
import { Key } from "../src/domain/key.ts";
import { renderHaproxy } from "../src/render/haproxy.ts";
import { homePaths } from "../src/state/paths.ts";
import { freePort } from "./free-port.ts";
import { MTPROXY } from "./homes.ts";

/** A way to the same shard. */
export interface Way {
  readonly port: number;
  /** The process of HAProxy; absent on the direct one. */
  readonly pid?: number;
}

export interface Ways {
  readonly direct: Way;
  /** HAProxy that looks at nothing. */
  readonly plain: Way;
  /** HAProxy that waits for the first bytes and looks at them. */
  readonly inspect: Way;
  /** As ours, with an agent that says the same of everybody. */
  readonly echo: Way;
  readonly ours: Way;
  readonly key: Key;
  readonly agent: number;
  close(): Promise<void>;
}

const USERS = 1000;
const isRoot = process.getuid?.() === 0;
const user = isRoot ? { uid: 10003, gid: 10003 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Starts everything that is measured, for so many people with padded links. The last one of them connects. */
export async function startWays(): Promise<Ways> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-bench-edge-"));
  await chmod(folder, 0o755);
  const children: ChildProcess[] = [];
  const start = async (program: string, args: readonly string[], ready: string) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    await saying(child, ready);
    return child.pid ?? 0;
  };
  const shard = await freePort();
  const key = Key.fromBytes(randomBytes(16));
  await start(process.execPath, [PEERS, "shard", String(shard)], "ready");
  const simple = async (name: string, lines: readonly string[]): Promise<Way> => {
    const port = await freePort();
    const path = join(folder, `${name}.cfg`);
    await writeFile(path, simpleConfig(port, shard, lines));
    return { port, pid: await haproxy(start, path) };
  };
  const edge = async (name: string, startAgent: (home: string, agents: string) => Promise<number>) => {
    const home = join(folder, name);
    const { agents } = await makeHome(home, key);
    const agent = await startAgent(home, agents);
    const port = await freePort();
    return { port, pid: await haproxy(start, await edgeConfig(home, agents, port, shard)), agent };
  };
  const echo = await edge("echo", async (_, agents) => {
    const socket = join(agents, "agent1.sock");
    const pid = await start(process.execPath, [PEERS, "echo", socket], "ready");
    await chmod(socket, 0o777);
    return pid;
  });
  const ours = await edge("ours", (home) => start(process.execPath, [MTPROXY, "--home", home, "agent", "1"], "ready"));
  return {
    direct: { port: shard },
    plain: await simple("plain", []),
    inspect: await simple("inspect", [
      "    tcp-request inspect-delay 5s",
      "    acl tls req.payload(0,3) -m bin 160301",
      "    tcp-request content accept if tls { req.payload_lv(3,2) -m found } or !tls { req.len ge 64 }",
    ]),
    echo,
    ours,
    key,
    agent: ours.agent,
    close: async () => {
      for (const child of children) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const PEERS = fileURLToPath(new URL("./bench-edge-peers.cjs", import.meta.url));

async function haproxy(
  start: (program: string, args: readonly string[], ready: string) => Promise<number>,
  path: string,
): Promise<number> {
  const pid = await start("haproxy", ["-db", "-V", "-f", path], "");
  await new Promise((later) => setTimeout(later, 1500));
  return pid;
}

async function saying(child: ChildProcess, word: string): Promise<void> {
  let said = "";
  await new Promise<void>((ready, fail) => {
    const read = (piece: Buffer) => {
      if (said.length < 10_000) said += piece;
      if (said.includes(word)) ready();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => fail(new Error(said)));
    if (word === "") ready();
  });
}

function simpleConfig(port: number, shard: number, lines: readonly string[]): string {
  return [
    "global\n    maxconn 8000\ndefaults\n    mode tcp\n    timeout connect 3s\n    timeout client 1h\n    timeout server 1h",
    `frontend edge\n    bind 127.0.0.1:${port}`,
    ...lines,
    "    default_backend shard",
    `backend shard\n    server now 127.0.0.1:${shard}\n`,
  ].join("\n");
}

async function makeHome(home: string, key: Key): Promise<{ agents: string }> {
  const { agents, haproxy: run } = homePaths(home);
  for (const path of [agents, run, join(home, "haproxy")]) await mkdir(path, { recursive: true, mode: 0o755 });
  const people = Array.from({ length: USERS }, (_, index) => ({
    key: (index === USERS - 1 ? key : Key.fromBytes(randomBytes(16))).reveal(),
    holder: `u${USERS - 1 - index}`,
    server: `u${USERS - 1 - index}`,
    shardId: 1,
    family: "obfuscated",
    coverDomains: [],
  }));
  const file = { generation: "bench", helloBytes: { minBytes: 517, maxBytes: 4096 }, keys: people };
  await writeFile(join(agents, AGENT_KEY_FILE), JSON.stringify(file));
  if (isRoot) {
    for (const path of [agents, join(agents, AGENT_KEY_FILE)]) await chown(path, agentUser.uid, agentUser.gid);
    await chown(run, user.uid, user.gid);
  }
  return { agents };
}

async function edgeConfig(home: string, agents: string, port: number, shard: number): Promise<string> {
  const config: EdgeConfig = {
    ports: [port],
    maxConnections: 8000,
    maxConnectionsPerSource: 8000,
    addressWindow: 86_400,
    shards: [{ id: 1, kind: "obfuscated", address: "127.0.0.1", port: shard }],
    servers: Array.from({ length: USERS }, (_, index) => ({ name: `u${index}`, shardId: 1 })),
    site: { kind: "server", address: "127.0.0.1", port: shard },
    subnet: "10.213.0.0/22",
    user,
  };
  const folders = { config: join(home, "haproxy"), run: homePaths(home).haproxy, agents };
  for (const { path, content } of renderHaproxy(config, folders))
    await writeFile(join(dirname(folders.config), path), content);
  return join(folders.config, "haproxy.cfg");
}

/** Bytes. */
export async function residentBytes(pid: number): Promise<number> {
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}
