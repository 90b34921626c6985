import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../../../src/engine/trial/ledger.ts";
import { socketPair } from "../../../support/sockets.ts";

describe("the ledger", () => {
  it("adds up what open and closed connections of a holder carried", async () => {
    const ledger = new Ledger();
    const pairs = await Promise.all([socketPair(), socketPair(), socketPair()]);
    const [first, second, nobodys] = pairs;
    if (!first || !second || !nobodys) throw new Error("three pairs are expected");
    const noteTraffic = ledger.open("alice", first.near);
    ledger.open("alice", second.near);
    ledger.open(undefined, nobodys.near);
    first.far.write(Buffer.alloc(1000));
    await once(first.near, "data");
    second.near.write(Buffer.alloc(300));
    await once(second.far, "data");
    first.near.destroy();
    await once(first.near, "close");
    noteTraffic();
    const [alice, bob] = ledger.report(["alice", "bob"]);
    expect(alice).toMatchObject({ activeConnections: 1, connectionsSinceStart: 2, bytesIn: 1000, bytesOut: 300 });
    expect(Date.now() - Date.parse(alice?.lastSeen ?? "")).toBeLessThan(5_000);
    expect(bob).toEqual({ holder: "bob", activeConnections: 0, connectionsSinceStart: 0, bytesIn: 0, bytesOut: 0 });
    expect([ledger.clients.active, ledger.clients.sinceStart]).toEqual([2, 3]);
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
  });
});
