import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { numberedKey } from "../support/domain.ts";
import { bulk, bulkRequest, echo, startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, type TrialHome, withTrialHome } from "../support/trial.ts";
import { closed, connectClient, type TestClient } from "../support/trial-client.ts";

/** What fits into one frame beside its padding. */
const PIECE = (1 << 20) - 64;
const alice = numberedKey(1);
const bob = numberedKey(2);
const keys = [
  { key: alice.reveal(), holder: "alice" },
  { key: bob.reveal(), holder: "bob" },
];

type Options = Parameters<typeof startDatacenter>[0];

async function withTelegram(options: Options, work: (home: TrialHome, port: number) => Promise<void>): Promise<void> {
  const telegram = await startDatacenter(options);
  try {
    await withTrialHome(async (home) => {
      const covers = [{ domain: coverDomain, address: "127.0.0.1:1" }];
      await home.up({ keys, covers, datacenters: { 2: `127.0.0.1:${telegram.port}` } });
      await work(home, telegram.port);
    });
  } finally {
    await telegram.close();
  }
}

/** Sends a message of which no two halves are alike and waits for the same to come back. */
async function exchange(client: TestClient, payload: Uint8Array): Promise<void> {
  client.send(payload);
  const answer = await client.next();
  if (Buffer.compare(answer.subarray(0, payload.length), payload) !== 0) throw new Error("something else came back");
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe("the trial server's traffic", () => {
  it.each([
    ["padded", {}],
    ["fake-TLS", { hello: "long" }],
  ] as const)(
    "carries 50 MB both ways through a %s connection unchanged, and counts every byte on the wire",
    (_, hello) =>
      withTelegram({ answer: echo }, async (home) => {
        const client = await connectClient({ port: home.port, key: alice, ...hello });
        const payload = randomBytes(PIECE);
        for (let sent = 0; sent < 51; sent++) await exchange(client, payload);
        client.socket.end();
        await once(client.socket, "close");
        await expect.poll(async () => (await home.engine.stats(1)).activeClients).toBe(0);
        const [first, second] = (await home.engine.userStats?.()) ?? [];
        const { bytesWritten, bytesRead } = client.socket;
        expect(first).toMatchObject({
          holder: "alice",
          bytesIn: bytesWritten,
          bytesOut: bytesRead,
          activeConnections: 0,
        });
        expect(bytesRead).toBeGreaterThan(50 * 2 ** 20);
        expect(second).toEqual({
          holder: "bob",
          activeConnections: 0,
          connectionsSinceStart: 0,
          bytesIn: 0,
          bytesOut: 0,
        });
      }),
  );

  it("counts while connections live, each for its user", () =>
    withTelegram({ answer: echo }, async (home) => {
      const clients = await Promise.all([alice, alice, bob].map((key) => connectClient({ port: home.port, key })));
      for (const client of clients) await exchange(client, randomBytes(1_000));
      const users = (await home.engine.userStats?.()) ?? [];
      const read = clients.map(({ socket }) => socket.bytesRead);
      expect(users.map(({ activeConnections }) => activeConnections)).toEqual([2, 1]);
      expect(users.map(({ bytesOut }) => bytesOut)).toEqual([(read[0] ?? 0) + (read[1] ?? 0), read[2]]);
      expect(Date.now() - Date.parse(users[0]?.lastSeen ?? "")).toBeLessThan(10_000);
      expect(await home.engine.stats(1)).toMatchObject({
        activeClients: 3,
        clientsSinceStart: 3,
        openSockets: 3,
        tagSet: false,
      });
      for (const { socket } of clients) socket.destroy();
    }));

  it("passes a half-close on and still brings what Telegram sends afterwards", () =>
    withTelegram({ answer: bulk }, async (home) => {
      const client = await connectClient({ port: home.port, key: alice });
      client.send(bulkRequest(PIECE));
      client.socket.end();
      expect((await client.next()).length).toBeGreaterThanOrEqual(PIECE);
      await closed(client.socket);
    }));

  it("does not read ahead of a client that does not read", () =>
    withTelegram({ answer: bulk }, async (home) => {
      const pid = await home.pid();
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => connectClient({ port: home.port, key: alice })),
      );
      const before = await residentMegabytes(pid);
      for (const client of clients) {
        client.socket.pause();
        for (let count = 0; count < 20; count++) client.send(bulkRequest(PIECE));
      }
      await setTimeout(2_000);
      expect((await residentMegabytes(pid)) - before).toBeLessThan(60);
      const patient = await connectClient({ port: home.port, key: bob });
      await patient.ask();
      const [first] = clients;
      first?.socket.resume();
      for (let count = 0; count < 20; count++) expect((await first?.next())?.length).toBeGreaterThanOrEqual(PIECE);
      for (const { socket } of [...clients, patient]) socket.destroy();
    }));

  it("closes the client's connection when the datacenter closes its own", () =>
    withTrialHome(async (home) => {
      const telegram = await startDatacenter();
      await home.up({ keys, datacenters: { 2: `127.0.0.1:${telegram.port}` } });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      await telegram.close();
      await closed(client.socket);
    }));

  it("closes the datacenter's connection when the client breaks off", async () => {
    const telegram = await startDatacenter();
    await withTrialHome(async (home) => {
      await home.up({ keys, datacenters: { 2: `127.0.0.1:${telegram.port}` } });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      client.socket.resetAndDestroy();
      await expect.poll(() => telegram.stats.open).toBe(0);
    });
    await telegram.close();
  });

  it("closes a connection on which nothing moves", () =>
    withTelegram({}, async (home) => {
      await home.up({ limits: { idleMs: 300 } });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      await closed(client.socket, 2_000);
    }));

  it("takes no more clients than it is told to", () =>
    withTelegram({}, async (home) => {
      await home.up({ limits: { maxConnections: 2 } });
      const clients = [
        await connectClient({ port: home.port, key: alice }),
        await connectClient({ port: home.port, key: bob }),
      ];
      for (const client of clients) await client.ask();
      const third = await connectClient({ port: home.port, key: alice });
      await closed(third.socket);
      clients[0]?.socket.destroy();
      await setTimeout(100);
      const fourth = await connectClient({ port: home.port, key: alice });
      await fourth.ask();
      for (const { socket } of [...clients, fourth]) socket.destroy();
    }));
});
