import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Connections } from "../../../../src/engine/trial/connections.ts";
import { numberedKey } from "../../../support/domain.ts";
import { socketPair } from "../../../support/sockets.ts";

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function sockets(count: number): Promise<Socket[]> {
  const pairs = await Promise.all(Array.from({ length: count }, socketPair));
  opened.push(...pairs.flatMap(({ near, far }) => [near, far]));
  return pairs.map(({ near }) => near);
}

describe("the open connections", () => {
  it("let the oldest guest make room for a new one, and leave clients alone", async () => {
    const connections = new Connections({ clients: 5, guests: 2 });
    const [client, second, third, fourth] = await sockets(4);
    if (!client || !second || !third || !fourth) throw new Error("four sockets are expected");
    connections.welcome(client);
    expect(connections.promote(client, numberedKey(1))).toBe(true);
    expect([second, third].map((socket) => connections.welcome(socket))).toEqual([undefined, undefined]);
    expect(connections.welcome(fourth)).toBe(second);
    expect([client, second, third, fourth].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
    expect(connections.size).toBe(3);
  });

  it("let those make room first who turned out to have no key, and never become clients", async () => {
    const connections = new Connections({ clients: 5, guests: 2 });
    const [older, stranger, newcomer] = await sockets(3);
    if (!older || !stranger || !newcomer) throw new Error("three sockets are expected");
    for (const socket of [older, stranger]) connections.welcome(socket);
    connections.estrange(stranger);
    expect(connections.promote(stranger, numberedKey(1))).toBe(false);
    expect(connections.welcome(newcomer)).toBe(stranger);
    expect([older, stranger, newcomer].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
    expect(connections.size).toBe(2);
  });

  it("take no more clients than there is room for, and none that is gone", async () => {
    const connections = new Connections({ clients: 1, guests: 5 });
    const [gone, first, second] = await sockets(3);
    if (!gone || !first || !second) throw new Error("three sockets are expected");
    for (const socket of [gone, first, second]) connections.welcome(socket);
    gone.destroy();
    await setTimeout(20);
    expect(connections.promote(gone, numberedKey(1))).toBe(false);
    expect(connections.promote(first, numberedKey(1))).toBe(true);
    expect(connections.promote(second, numberedKey(1))).toBe(false);
    first.destroy();
    await setTimeout(20);
    expect(connections.promote(second, numberedKey(1))).toBe(true);
  });

  it("end those of keys that are gone and no other", async () => {
    const connections = new Connections({ clients: 5, guests: 5 });
    const [hers, his, guest] = await sockets(3);
    if (!hers || !his || !guest) throw new Error("three sockets are expected");
    for (const socket of [hers, his, guest]) connections.welcome(socket);
    connections.promote(hers, numberedKey(1));
    connections.promote(his, numberedKey(2));
    connections.keepOnly((key) => key.equals(numberedKey(2)));
    expect([hers, his, guest].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    connections.closeAll();
    expect([his, guest].map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});
