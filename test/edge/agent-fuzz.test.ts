import { randomBytes, randomInt } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AGENT_KEY_FILE } from "../../src/domain/agent.ts";
import { greetAgent } from "../../src/edge/agent/greet.ts";
import { agentSocket } from "../../src/edge/agent/places.ts";
import { encodeFrame, type FrameType } from "../../src/edge/spop/frame.ts";
import { homePaths } from "../../src/state/paths.ts";
import { AgentProcess } from "../support/edge/agent-process.ts";
import { giveToAgents } from "../support/edge/haproxy.ts";
import { tempFolder } from "../support/temp-home.ts";
import { fakeTls, headerOf, helloOf, newKey, padded } from "../unit/edge/identify/edge-keys.ts";
import { haproxyDisconnect, haproxyHello, notify } from "../unit/edge/spop/haproxy-frames.ts";

/** As long as it is hostile, milliseconds. */
const DURATION = 4000;
const DEAF_DURATION = 2500;
/** Connections that an agent takes at a time, and what each may hold: one frame that is not whole (serve.ts, agent-session.ts). */
const MOST_CONNECTIONS = 1024;
const LARGEST_FRAME = 65_536;
/** Of answers that nobody reads it keeps what fills the socket. */
const MOST_KEPT = 25e6;
/** Beyond what it has when it begins: buffers of some hundred connections and what Node has not collected yet. */
const MOST_GROWTH = 60e6;

const bob = fakeTls("bob");

async function fuzzedAgent(): Promise<{ agent: AgentProcess; socket: string }> {
  const home = await tempFolder();
  const { agents } = homePaths(home);
  await mkdir(agents, { recursive: true });
  const people = [...Array.from({ length: 300 }, (_, index) => padded(`p${index}`)), bob];
  const keys = people.map(({ key, ...rest }) => ({ key: key.reveal(), ...rest }));
  const text = JSON.stringify({ generation: "one", helloBytes: { minBytes: 517, maxBytes: 4096 }, keys });
  await writeFile(join(agents, AGENT_KEY_FILE), text);
  for (const path of [agents, join(agents, AGENT_KEY_FILE)]) await giveToAgents(path);
  return { agent: await AgentProcess.start(home, 1), socket: agentSocket(agents, 1) };
}

const question = (data: Uint8Array, address = randomBytes(4)) =>
  notify(randomInt(1e6), randomInt(1e6), {
    who: {
      src: { type: address.length === 4 ? "ipv4" : "ipv6", value: address },
      data: { type: "binary", value: data },
    },
  });

/** Some bytes of it are others, are missing, or stand twice. */
function damaged(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = randomInt(1, 6); count > 0; count -= 1) copy[randomInt(copy.length)] = randomInt(256);
  const cut = randomInt(copy.length);
  return [copy, copy.subarray(0, cut), Buffer.concat([copy.subarray(0, cut), copy])][randomInt(3)] ?? copy;
}

const firstBytes: readonly (() => Uint8Array)[] = [
  () => damaged(helloOf(bob)),
  () => damaged(helloOf(bob, { size: "short" })),
  () => helloOf({ key: newKey() }),
  () => damaged(headerOf(bob)),
  () => headerOf({ key: newKey() }),
  () => randomBytes(randomInt(1, 5000)),
  () => new Uint8Array(),
];

const pick = <T>(choices: readonly (() => T)[]): T => (choices[randomInt(choices.length)] ?? choices[0])?.() as T;

const frames: readonly (() => Uint8Array)[] = [
  () => question(pick(firstBytes)),
  () => question(pick(firstBytes), randomBytes(16)),
  () => damaged(question(pick(firstBytes))),
  () => damaged(haproxyHello()),
  () => haproxyHello(),
  () => haproxyDisconnect(0, "bye"),
  () => randomBytes(randomInt(1, 3000)),
  () =>
    encodeFrame({ type: pick(types), streamId: randomInt(9), frameId: 1 }, (to) =>
      to.bytes(randomBytes(randomInt(400))),
    ),
  () => Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), randomBytes(40)]),
];
const types: readonly (() => FrameType)[] = [() => 1, () => 2, () => 3, () => 101, () => 102, () => 103];

/** Goes on with new connections; sends pieces of any size and leaves as it likes. */
async function attack(path: string, until: number): Promise<void> {
  while (performance.now() < until) {
    const socket = await open(path);
    if (randomInt(4) > 0) socket.write(haproxyHello());
    for (let count = randomInt(1, 30); count > 0 && socket.writable; count -= 1) {
      const frame = pick(frames);
      const cut = randomInt(frame.length + 1);
      socket.write(frame.subarray(0, cut));
      await new Promise((later) => setImmediate(later));
      socket.write(frame.subarray(cut));
    }
    if (randomInt(2) === 0) socket.destroy();
    else socket.end();
  }
}

/** Asks as fast as it is read, and never reads an answer. */
async function deaf(path: string, until: number): Promise<void> {
  const questions = Buffer.concat(Array.from({ length: 2000 }, () => question(new Uint8Array(), Buffer.from("abcd"))));
  const socket = await open(path);
  socket.pause();
  socket.write(haproxyHello());
  while (performance.now() < until && socket.writable) {
    if (!socket.write(questions))
      await Promise.race([new Promise((drained) => socket.once("drain", drained)), later(until)]);
  }
  socket.destroy();
}

const later = (until: number) => new Promise((done) => setTimeout(done, Math.max(0, until - performance.now())));

function open(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  socket.resume();
  return new Promise((opened) => socket.once("connect", () => opened(socket)).once("close", () => opened(socket)));
}

/** Most of a frame of the largest size: the agent waits for its rest. */
function halfFrame(): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(LARGEST_FRAME);
  return Buffer.concat([head, Buffer.alloc(LARGEST_FRAME - 1)]);
}

/** Questions one behind the other, the last one cut off; then it reads a byte at a time. */
async function slow(path: string, until: number): Promise<void> {
  const many = Buffer.concat(Array.from({ length: 500 }, () => question(pick(firstBytes))));
  const socket = await open(path);
  socket.pause();
  socket.write(haproxyHello());
  socket.write(many.subarray(0, many.length - 3));
  while (performance.now() < until && !socket.destroyed) {
    socket.read(1);
    await new Promise((done) => setTimeout(done, 5));
  }
  socket.destroy();
}

describe("an agent process", () => {
  test("lives through malformed frames and hostile first bytes, in bounded memory", async () => {
    const { agent, socket } = await fuzzedAgent();
    const before = await agent.residentBytes();
    const until = performance.now() + DURATION;
    const attackers = Array.from({ length: 12 }, () => attack(socket, until));
    const silent = await Promise.all(Array.from({ length: 300 }, () => open(socket)));
    for (const it of silent) it.write(Buffer.from([0, 0, 0xff, 0xff, 1]));
    const [most] = await Promise.all([mostUntil(agent, until), ...attackers]);
    for (const it of silent) it.destroy();
    expect(most - before).toBeLessThan(MOST_GROWTH);
    expect(await greetAgent(socket, 5000)).toBe("answers");
    expect(agent.output).not.toMatch(/bug|Error:/);
    await agent.close();
    expect(await agent.ended).toBe(0);
  });

  test("holds a frame of each of 1,024 connections at most; the others are sent away, and it answers when they are gone", async () => {
    const { agent, socket } = await fuzzedAgent();
    const before = await agent.residentBytes();
    const half = halfFrame();
    const idle = await Promise.all(Array.from({ length: 2500 }, () => open(socket)));
    for (const it of idle) if (it.writable) it.write(half);
    const until = performance.now() + DEAF_DURATION;
    const [most] = await Promise.all([
      mostUntil(agent, until),
      ...Array.from({ length: 4 }, () => slow(socket, until)),
    ]);
    expect(idle.filter((it) => !it.destroyed && it.writable).length).toBeLessThanOrEqual(MOST_CONNECTIONS);
    // Node reads into buffers of 64 kB, of which what was read is a view.
    expect(most - before).toBeLessThan(2 * MOST_CONNECTIONS * LARGEST_FRAME + MOST_GROWTH);
    for (const it of idle) it.destroy();
    await expect.poll(() => greetAgent(socket, 5000)).toBe("answers");
    expect(agent.output).not.toMatch(/bug|Error:/);
  });

  test("keeps no answers for who never reads them", async () => {
    const { agent, socket } = await fuzzedAgent();
    const before = await agent.residentBytes();
    const until = performance.now() + DEAF_DURATION;
    const [most] = await Promise.all([
      mostUntil(agent, until),
      ...Array.from({ length: 4 }, () => deaf(socket, until)),
    ]);
    expect(most - before).toBeLessThan(MOST_KEPT);
  });
});

async function mostUntil(agent: AgentProcess, until: number): Promise<number> {
  let most = 0;
  while (performance.now() < until) {
    most = Math.max(most, await agent.residentBytes());
    await new Promise((done) => setTimeout(done, 100));
  }
  return most;
}
