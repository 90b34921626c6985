import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { Metrics } from "../../src/analytics/metrics/metrics.ts";
import { readSnapshot } from "../../src/app/collector/snapshot-file.ts";
import { exportReport } from "../../src/app/reporting/export-report.ts";
import { readFigures } from "../../src/app/watching/read-figures.ts";
import type { Snapshot } from "../../src/domain/numbers/snapshot.ts";
import type { HistoryReader } from "../../src/history.ts";
import { figuresView } from "../../src/ui/figures-view.ts";
import { reportText } from "../../src/ui/report-views.ts";
import { createStyle } from "../../src/ui/style.ts";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import { NamedPeer, type Visitor } from "../support/edge/peer.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, padded } from "../unit/edge/identify/edge-keys.ts";

/** A name that every object in JavaScript has something of. */
const odd = padded("constructor");
const DAY_MS = 86_400_000;

/** What each of the three sends first. */
const openings = { alice: () => headerOf(alice), bob: () => helloOf(bob), constructor: () => headerOf(odd) };
type Name = keyof typeof openings;
const names = Object.keys(openings) as Name[];

describe("the numbers of a proxy behind HAProxy", () => {
  it("are exactly what three people carried, over restarts of a shard, of HAProxy and of the daemon", async () => {
    const scene = await EdgeScene.start([alice, bob, odd]);
    const home = await DaemonHome.of(scene, [[alice], [bob], [odd]]);
    const visitors: Record<Name, Visitor[]> = { alice: [], bob: [], constructor: [] };
    const come = async (bytes: number, from = "127.0.0.1") => {
      for (const name of names) {
        const visitor = scene.visitor({ from });
        visitors[name].push(visitor);
        await visitor.say(openings[name]());
        await visitor.say(randomBytes(bytes + visitors[name].length));
      }
    };
    const leave = () => Promise.all(names.flatMap((name) => visitors[name].map((visitor) => visitor.close())));
    const recorded = (count: number) => vi.waitUntil(() => scene.haproxy.records.length >= count, { timeout: 5000 });
    const allSeen = () =>
      vi.waitUntil(async () => {
        const counts = await scene.runtime.counts();
        return names.every((name) => sentOf(visitors[name]) === counts.find((it) => it.name === name)?.bytesIn);
      }, 10_000);

    let stop = await home.start();
    await come(1000);
    await come(2000, "127.0.0.2");
    // The shard that alice and constructor are on is gone for a moment, with what they had open.
    const { port } = scene.peers.shard1;
    await scene.peers.shard1.stop();
    await NamedPeer.start("shard1", { host: "127.0.0.1", port });
    await come(3000);
    await allSeen();
    await stop();
    await leave();
    await scene.runtime.reload();
    await scene.agentsAreUp();
    await come(4000);
    stop = await home.start();
    await recorded(9);
    await leave();
    await recorded(12);
    await scene.haproxy.restartKilled();
    await scene.agentsAreUp();
    await come(5000, "127.0.0.3");
    await leave();
    await recorded(15);
    await stop();
    await (await home.start())();

    const history = await home.ctx.historyReader();
    const now = Date.now();
    const sums = await history.users(now - DAY_MS, now + 60_000);
    const snapshot = await readSnapshot(home.ctx);
    for (const name of names) {
      const [bytesIn, bytesOut] = [sentOf(visitors[name]), gotOf(visitors[name])];
      expect(await home.total(name), `${name} in the ledger`).toEqual([bytesIn, bytesOut, 5]);
      expect(
        sums.find((it) => it.name === name),
        `${name} in the history`,
      ).toMatchObject({ bytesIn, bytesOut, opened: 5 });
      expect(await pointsSum(history, name), `${name}'s points`).toEqual([bytesIn, bytesOut]);
      expect(
        snapshot?.users.find((it) => it.name === name),
        `${name} at the last look`,
      ).toMatchObject({
        ...{ bytesIn, bytesOut, totalConnections: 5, connections: 0, usedBytes: bytesIn + bytesOut },
        ...{ addressesToday: 3, lastSeen: expect.stringMatching(/^20/) },
      });
    }
    const shown = await shownEverywhere(home, snapshot);
    for (const name of names) {
      const [bytesIn, bytesOut] = [sentOf(visitors[name]), gotOf(visitors[name])];
      expect(shown.csv, `${name} as rows`).toMatch(new RegExp(`^${name},true,,0,5,${bytesIn},${bytesOut},`, "m"));
      expect(shown.sums, `${name} since yesterday`).toMatch(new RegExp(`^${name},5,\\d+,${bytesIn},${bytesOut},`, "m"));
      expect(shown.report, `${name} in the month`).toMatch(
        new RegExp(`^.{7},${name},${name},,${bytesIn},${bytesOut},5,`, "m"),
      );
      expect(shown.metrics).toContain(`mtproxy_user_received_bytes_total{user="${name}"} ${bytesIn}\n`);
      expect(shown.metrics).toContain(`mtproxy_user_sent_bytes_total{user="${name}"} ${bytesOut}\n`);
    }
    expect(snapshot?.edge).toMatchObject({ agents: 2, verdicts: { ok: 15 } });
    expect(await history.clients(now - DAY_MS, now + 1)).toEqual([
      { user: "alice", family: "header", count: 5 },
      { user: "bob", family: "long hello", count: 5 },
      { user: "constructor", family: "header", count: 5 },
    ]);
    expect((await history.events(20)).map(({ kind }) => kind)).toContain("haproxy-restart");
    await history.close();
  });
});

/** What rows, a report and Prometheus make of it. */
async function shownEverywhere({ ctx }: DaemonHome, snapshot: Snapshot | undefined) {
  const options = { name: undefined, since: undefined, sort: undefined, reverse: false, csv: true };
  const style = createStyle(false);
  const rows = async (since: string | undefined) => (await readFigures(ctx, { ...options, since })).data;
  const [now, day] = [await rows(undefined), await rows("24h")];
  const month = await exportReport(ctx, { format: "csv", render: reportText });
  if (now === undefined || day === undefined || month.data === undefined) throw new Error("nothing is shown");
  return {
    csv: await figuresView(now, style),
    sums: await figuresView(day, style),
    report: reportText(month.data),
    metrics: await new Metrics({ version: "test" }).text(snapshot, 10),
  };
}

function sentOf(visitors: readonly Visitor[]): number {
  return visitors.reduce((all, { socket }) => all + socket.bytesWritten, 0);
}

function gotOf(visitors: readonly Visitor[]): number {
  return visitors.reduce((all, { socket }) => all + socket.bytesRead, 0);
}

async function pointsSum(history: HistoryReader, name: string): Promise<[number, number]> {
  const now = Date.now();
  const { points } = await history.points({
    kind: "user",
    name,
    since: now - DAY_MS,
    until: now + 60_000,
    resolution: "raw",
  });
  return [points.reduce((all, it) => all + it.bytesIn, 0), points.reduce((all, it) => all + it.bytesOut, 0)];
}
