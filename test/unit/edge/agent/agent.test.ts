import { mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { agentReport, agentSocket } from "../../../../src/edge/agent/places.ts";
import { type RunningAgent, runAgent } from "../../../../src/edge/agent/run-agent.ts";
import type { EdgeKey } from "../../../../src/edge/identify/edge-key.ts";
import { fakeTls, headerOf, helloOf, newKey, padded } from "../identify/edge-keys.ts";
import { agentFrames, haproxyHello, notify, usualHello } from "../spop/haproxy-frames.ts";

let folder: string;
let agent: RunningAgent | undefined;
const lines: string[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-"));
  lines.length = 0;
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await agent?.close();
  agent = undefined;
  await rm(folder, { recursive: true, force: true });
});

const keyFile = () => join(folder, "keys.json");

async function writeKeys(keys: readonly EdgeKey[], generation = "one"): Promise<void> {
  const file = {
    generation,
    helloBytes: { minBytes: 517, maxBytes: 4096 },
    keys: keys.map(({ key, ...rest }) => ({ key: key.reveal(), ...rest })),
  };
  await writeFile(join(folder, "new"), JSON.stringify(file), { mode: 0o600 });
  await rename(join(folder, "new"), keyFile());
}

async function start(): Promise<void> {
  agent = await runAgent({
    number: 1,
    folder,
    keyFile: keyFile(),
    version: "9.9",
    log: (line) => void lines.push(line),
  });
}

async function report(): Promise<unknown> {
  return JSON.parse(await readFile(agentReport(folder, 1), "utf8"));
}

/** HAProxy, as far as an agent can tell. */
async function haproxy() {
  const socket = connect(agentSocket(folder, 1));
  sockets.push(socket);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const frames = () => agentFrames(Buffer.concat(chunks));
  socket.write(haproxyHello(usualHello));
  await vi.waitFor(() => expect(frames()).toHaveLength(1));
  let asked = 0;
  const ask = async (data: Uint8Array, address = Uint8Array.of(192, 0, 2, 7)) => {
    asked += 1;
    const src = { type: address.length === 4 ? ("ipv4" as const) : ("ipv6" as const), value: address };
    socket.write(notify(asked, 1, { who: { src, data: { type: "binary", value: data } } }));
    await vi.waitFor(() => expect(frames()).toHaveLength(asked + 1));
    const actions = frames()[asked]?.payload as [number, number, string, unknown][];
    return Object.fromEntries(actions.map(([, , name, value]) => [name, value]));
  };
  return { ask, frames, socket };
}

const alice = padded("alice", { maxConnections: 24, maxAddresses: 3, rate: 2_000_000 });
const bob = fakeTls("bob", { server: "bob:old" });

describe("an agent", () => {
  it("says who is connecting, where to and within which limits", async () => {
    await writeKeys([alice, bob]);
    await start();
    const { ask } = await haproxy();
    expect(await ask(headerOf(alice))).toEqual({
      ...{ why: "ok", user: "alice", server: "alice", shard: 1n },
      ...{ max_connections: 24n, max_addresses: 3n, rate: 2_000_000n },
    });
    expect(await ask(helloOf(bob))).toEqual({ why: "ok", user: "bob", server: "bob:old", shard: 2n });
    expect(await ask(headerOf({ key: newKey() }))).toEqual({ why: "unknown" });
    expect(await ask(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toEqual({ why: "not-mtproto" });
  });

  it("takes new keys while it runs, within a second, and says which state it has", async () => {
    await writeKeys([alice]);
    await start();
    const { ask } = await haproxy();
    expect(await ask(helloOf(bob))).toEqual({ why: "unlisted-sni" });
    await writeKeys([{ ...alice, refusal: "disabled" }, bob], "two");
    await vi.waitFor(async () => expect(await report()).toMatchObject({ generation: "two", keys: 2 }), {
      timeout: 3000,
    });
    expect(await ask(helloOf(bob))).toMatchObject({ why: "ok", user: "bob" });
    expect(await ask(headerOf(alice))).toEqual({ why: "disabled", user: "alice" });
  });

  it("answers with a key's new limits and shard, however often it answered with the former ones", async () => {
    await writeKeys([alice]);
    await start();
    const { ask } = await haproxy();
    for (let time = 0; time < 3; time += 1)
      expect(await ask(headerOf(alice))).toMatchObject({ server: "alice", max_connections: 24n });
    await writeKeys([{ ...alice, server: "alice:new", shardId: 7, maxConnections: 5 }], "two");
    await vi.waitFor(async () => expect(await report()).toMatchObject({ generation: "two" }), { timeout: 3000 });
    for (let time = 0; time < 3; time += 1)
      expect(await ask(headerOf(alice))).toMatchObject({ server: "alice:new", shard: 7n, max_connections: 5n });
  });

  it("keeps its keys while the file is broken or gone, says so, and recovers", async () => {
    await writeKeys([alice]);
    await start();
    const { ask } = await haproxy();
    await writeFile(keyFile(), `{"keys":[{"key":"${bob.key.reveal()}`);
    await vi.waitFor(async () => expect(await report()).toMatchObject({ generation: "one", fault: /JSON/ }), 3000);
    await rm(keyFile());
    await vi.waitFor(
      async () => expect(await report()).toMatchObject({ fault: expect.stringContaining("ENOENT") }),
      5000,
    );
    expect(await ask(headerOf(alice))).toMatchObject({ why: "ok" });
    await writeKeys([alice, bob], "three");
    await vi.waitFor(async () => expect(await report()).toMatchObject({ generation: "three", keys: 2 }), 5000);
    expect(await report()).not.toHaveProperty("fault");
    expect([...lines, JSON.stringify(await report())].join()).not.toContain(bob.key.reveal());
  });

  it("opens no socket before it has keys", async () => {
    await writeFile(keyFile(), "{}");
    const starting = start();
    await vi.waitFor(
      async () => expect(await report()).toMatchObject({ fault: expect.stringContaining("generation") }),
      3000,
    );
    await expect(stat(agentSocket(folder, 1))).rejects.toThrow("ENOENT");
    await writeKeys([alice]);
    await starting;
    expect(await (await haproxy()).ask(headerOf(alice))).toMatchObject({ why: "ok" });
  });

  it("lets its own group in and nobody else, and takes the place of one that was killed", async () => {
    await writeKeys([alice]);
    await writeFile(agentSocket(folder, 1), "what a killed agent left");
    await start();
    expect((await stat(agentSocket(folder, 1))).mode & 0o7777).toBe(0o660);
    expect(await (await haproxy()).ask(headerOf(alice))).toMatchObject({ why: "ok" });
  });

  it("takes the addresses of a household for one, and the forms of an IPv4 address", async () => {
    await writeKeys([...Array.from({ length: 200 }, (_, index) => padded(`p${index}`)), alice]);
    await start();
    const { ask } = await haproxy();
    const v6 = (tail: string) => Buffer.from(`20010db800010002${tail}`, "hex");
    await ask(headerOf(alice), v6("0000000000000001"));
    expect(await ask(headerOf(alice), v6("a1b2c3d4e5f60718"))).toMatchObject({ user: "alice" });
    expect(await ask(headerOf(alice), Buffer.from("00000000000000000000ffffc0000207", "hex"))).toMatchObject({
      user: "alice",
    });
  });

  it("tells HAProxy when it goes", async () => {
    await writeKeys([alice]);
    await start();
    const { frames, socket } = await haproxy();
    const ended = new Promise((done) => socket.once("close", done));
    await agent?.close();
    agent = undefined;
    await ended;
    expect(frames().at(-1)).toMatchObject({ type: 102, payload: { "status-code": 0 } });
  });

  it("answers a message that it does not know with nothing", async () => {
    await writeKeys([alice]);
    await start();
    const { frames, socket } = await haproxy();
    socket.write(notify(1, 1, { other: {}, who: { src: { type: "string", value: "here" } } }));
    await vi.waitFor(() => expect(frames()[1]).toMatchObject({ type: 103, payload: [] }));
  });
});
