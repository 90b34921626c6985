import { mkdir, readFile, writeFile } from "node:fs/promises";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { AlertWatch } from "../../../src/app/alerts/alert-watch.ts";
import { readStatus } from "../../../src/app/watching/read-status.ts";
import { parseQuietHours } from "../../../src/domain/numbers/alerts/quiet-hours.ts";
import { type AlertSettings, defaultAlertSettings } from "../../../src/domain/numbers/alerts/settings.ts";
import type { HistoryEvent } from "../../../src/domain/numbers/history.ts";
import type { Snapshot } from "../../../src/domain/numbers/snapshot.ts";
import { createAlertsStore } from "../../../src/state/alerts-store.ts";
import { appScene } from "../../support/app-scene.ts";
import { entryAt } from "../../support/history-entry.ts";
import { shardFigures, snapshot, userFigures } from "../../support/snapshot.ts";
import { startWeb } from "../../support/web.ts";

interface Received {
  readonly id: string;
  readonly text: string;
}

/** A webhook on loopback, whose answers and clock can be chosen. */
async function webhook() {
  const it = { received: [] as Received[], status: 200, clock: () => Date.now(), url: "", gate: Promise.resolve() };
  const { url } = await startWeb(async (request, response) => {
    response.setHeader("date", new Date(it.clock()).toUTCString());
    if (request.method === "POST" && it.status === 200) it.received.push((await json(request)) as Received);
    if (request.method === "POST") await it.gate;
    response.writeHead(it.status).end();
  });
  return Object.assign(it, { url });
}

/** A home with a webhook, and the part of the daemon that tells. */
async function scene(settings: Partial<AlertSettings> = {}) {
  const hook = await webhook();
  const urls = { proxyConfigUrls: [`${hook.url}/config`], proxySecretUrls: [`${hook.url}/secret`] };
  const { ctx } = await appScene(urls);
  hook.clock = () => ctx.clock.now().getTime();
  const channel = { kind: "webhook", name: "hook", url: hook.url, secret: "0123456789abcdefXYZ" } as const;
  await createAlertsStore(ctx).write({ ...defaultAlertSettings, channels: [channel], ...settings });
  const log: string[] = [];
  const start = (note?: (event: HistoryEvent) => void) => new AlertWatch(ctx, (line) => void log.push(line), note);
  const at = { now: ctx.clock.now().getTime() };
  /** So many looks, ten seconds apart, with everything delivered between two. */
  const look = async (watch: AlertWatch, parts: Partial<Snapshot>, count = 1) => {
    for (let index = 0; index < count; index++) {
      at.now += 10_000;
      await ctx.clock.sleep(10_000);
      await watch.look(snapshot({ at: new Date(at.now).toISOString(), ...parts }));
      await watch.settle();
    }
  };
  const texts = () => hook.received.map(({ text }) => text);
  return { ctx, hook, log, start, look, texts, at };
}

const down = { shards: [shardFigures({ running: false, uptimeSeconds: null, readyTargets: null })] };
const DOWN = "The proxy does not run or does not answer: people cannot get in.";

describe("an alert", () => {
  test("is told once, over restarts of the daemon, and once more when it is over", async () => {
    const { start, look, texts } = await scene();
    await look(start(), down, 2);
    expect(texts()).toEqual([]);
    const watch = start();
    await look(watch, down, 5);
    expect(texts()).toEqual([DOWN]);
    await look(start(), down, 5);
    expect(texts()).toEqual([DOWN]);
    await look(start(), {}, 4);
    expect(texts()).toEqual([DOWN, expect.stringMatching(/^The proxy runs again\. \(from .* to .*\)$/)]);
  });

  test("waits while the channel does not take it, is tried more and more seldom, and lost by no restart", async () => {
    const { start, look, texts, hook, log, ctx } = await scene();
    hook.status = 500;
    await look(start(), down, 3);
    await look(start(), down, 3);
    expect([texts(), log]).toEqual([[], [expect.stringMatching(/hook: .*HTTP status 500; it is tried again/)]]);
    const kept = await readFile(ctx.paths.alertState, "utf8");
    expect(JSON.parse(kept)).toMatchObject({ waiting: [{ channel: "hook", attempts: 2 }] });
    const warnings = async () => (await readStatus(ctx)).warnings?.filter((it) => it.includes("alert"));
    expect(await warnings()).toEqual([
      expect.stringMatching(/^1 alert waits for hook, .* 500\): mtproxy alerts test hook$/),
    ]);
    hook.status = 200;
    const { length } = log;
    await look(start(), down, 1);
    expect(texts()).toEqual([]);
    await look(start(), down, 6);
    expect([texts(), log.slice(length)]).toEqual([[DOWN], ["alerts: hook takes them again"]]);
    expect(await warnings()).toEqual([]);
  });

  test("of the night is told in the morning, together, unless nobody gets in", async () => {
    const { start, look, texts, at, ctx } = await scene();
    const hours = (from: number, to: number) =>
      [from, to].map((it) => new Date(at.now + it * 60_000).toISOString().slice(11, 16)).join("-");
    const settings = await createAlertsStore(ctx).read();
    await createAlertsStore(ctx).write({ ...settings, quietHours: parseQuietHours(hours(-60, 5)) });
    const users = [
      userFigures("alice", { limits: { quota: { bytes: 1000, period: "month" } }, usedBytes: 900 }),
      userFigures("bob", { expiresAt: new Date(at.now + 86_400_000).toISOString() }),
    ];
    const watch = start();
    await look(watch, { ...down, users }, 4);
    expect(texts()).toEqual([DOWN]);
    await look(start(), { ...down, users }, 30);
    const [, morning = ""] = texts();
    expect(morning.split("\n")).toEqual([
      "alice has used 90 % of 1K.",
      expect.stringMatching(/^bob's link ends: 20.* UTC\.$/),
    ]);
    expect(texts()).toHaveLength(2);
  });

  test("is told of a clock that is wrong, as the servers of Telegram's files see it", async () => {
    const { start, look, texts, hook, ctx } = await scene();
    hook.clock = () => ctx.clock.now().getTime() + 60_000;
    const watch = start();
    await look(watch, {}, 2);
    expect(texts()).toEqual([
      expect.stringMatching(/^The server's clock is \d+\.\d s behind: every fake-TLS link is dead\.$/),
    ]);
    // Right after a start nobody has looked at it yet, which does not make it right.
    await look(start(), {}, 2);
    expect(texts()).toHaveLength(1);
  });

  test("is told of a proxy that cannot be seen at all, where somebody has a link", async () => {
    const { start, look, texts, ctx } = await scene();
    const watch = start();
    await look(watch, { shards: [] }, 5);
    expect(texts()).toEqual([]);
    const { addUser } = await import("../../../src/app/people/add-user.ts");
    await addUser(ctx, { name: "alice" });
    await look(watch, { shards: [] }, 5);
    expect(texts()).toEqual([DOWN]);
  });

  test("of everybody who has gone is told, and it is over when half of them are back", async () => {
    const { start, look, texts } = await scene({ quietAll: true });
    const active = (activeConnections: number) => ({ proxy: { ...snapshot().proxy, activeConnections } });
    const events: HistoryEvent[] = [];
    const watch = start((event) => void events.push(event));
    await look(watch, active(40), 110);
    await look(watch, active(1), 40);
    expect(texts()).toEqual([expect.stringContaining("1 connections where 40 are usual")]);
    await look(start(), active(15), 10);
    expect(texts()).toHaveLength(1);
    await look(start(), active(30), 7);
    expect(texts()[1]).toMatch(/^People are back\./);
    expect(events).toMatchObject([{ kind: "alert", subject: "blocked", words: texts()[0] }]);
  }, 30_000);
});

test("who goes to sleep as on other days wakes nobody; who is not back in the morning does", async () => {
  const { start, look, texts, at, ctx } = await scene();
  const history = await ctx.history();
  const few = { kind: "all", name: "", bytesIn: 0, bytesOut: 0, opened: 0, active: 3 } as const;
  const nights = [7, 6, 5, 4, 3, 2, 1].flatMap((days) =>
    [0, 1, 2, 3, 4, 5].map((it) => it * 60_000 - days * 86_400_000),
  );
  for (const since of nights) await history.record(entryAt(at.now + since, { increments: [few] }));
  await history.close();
  const active = (activeConnections: number) => ({ proxy: { ...snapshot().proxy, activeConnections } });
  const watch = start();
  await look(watch, active(40), 100);
  await look(watch, active(1), 35);
  expect(texts()).toEqual([]);
  at.now += 4 * 3_600_000;
  await look(watch, active(1), 31);
  expect(texts()).toEqual([expect.stringContaining("1 connections where 40 are usual")]);
}, 30_000);

test("what is usual outlives a restart of the daemon, and an hour without anybody does not become it", async () => {
  const { start, look, texts, at, ctx } = await scene();
  const active = (activeConnections: number) => ({ proxy: { ...snapshot().proxy, activeConnections } });
  /** An hour as a daemon before saw it, up to now. */
  const passed = async (count: number) => {
    const history = await ctx.history();
    const all = { kind: "all", name: "", bytesIn: 0, bytesOut: 0, opened: 0, active: count } as const;
    for (let minutes = 40; minutes > 0; minutes -= 2)
      await history.record(entryAt(at.now - minutes * 60_000, { increments: [all] }));
    await history.close();
  };
  await passed(40);
  await look(start(), active(1), 31);
  expect(texts()).toEqual([expect.stringContaining("1 connections where 40 are usual")]);
  at.now += 3_600_000;
  await passed(1);
  await look(start(), active(1), 8);
  expect(texts()).toHaveLength(1);
});

test("what arrives after the daemon has ended is not written over the memory of the next one", async () => {
  const { start, ctx, hook, at } = await scene();
  let answer = () => {};
  hook.gate = new Promise((resolve) => {
    answer = () => resolve();
  });
  const watch = start();
  await ctx.clock.sleep(30_000);
  for (let looks = 1; looks <= 3; looks++)
    await watch.look(snapshot({ at: new Date(at.now + looks * 10_000).toISOString(), ...down }));
  await expect.poll(() => hook.received.length, { interval: 5 }).toBe(1);
  await watch.close(1);
  const memory = await readFile(ctx.paths.alertState, "utf8");
  answer();
  await watch.settle();
  expect(await readFile(ctx.paths.alertState, "utf8")).toBe(memory);
});

test("a full disk keeps nobody from being told, and is a line of the log", async () => {
  const { start, look, texts, ctx, log } = await scene();
  const watch = start();
  await look(watch, {});
  await mkdir(ctx.paths.alertState, { recursive: true });
  await look(watch, down, 6);
  expect([texts(), log[0]]).toEqual([[DOWN], expect.stringContaining(ctx.paths.alertState)]);
});

test("a message that arrives while the next look reads its files is not sent again", async () => {
  const { look, texts, ctx, hook } = await scene();
  let [answer, isArrived] = [() => {}, async () => {}];
  const read = async () => {
    await isArrived();
    return ctx.stores.settings.read();
  };
  const slow = { ...ctx, stores: { ...ctx.stores, settings: { ...ctx.stores.settings, read } } };
  const watch = new AlertWatch(slow, () => {});
  await look(watch, down, 2);
  hook.gate = new Promise((resolve) => {
    answer = () => resolve();
  });
  await ctx.clock.sleep(10_000);
  await watch.look(snapshot({ at: ctx.clock.now().toISOString(), ...down }));
  const delivered = async () => JSON.parse(await readFile(ctx.paths.alertState, "utf8")).delivered.length;
  isArrived = async () => {
    answer();
    await expect.poll(delivered, { interval: 5 }).toBe(1);
  };
  await look(watch, down, 3);
  expect(texts()).toEqual([DOWN]);
});

test("what waits when alerts are switched off is not told later; who switches them on is told what is the case", async () => {
  const { start, look, texts, hook, ctx } = await scene();
  hook.status = 500;
  const watch = start();
  await look(watch, down, 3);
  const settings = await createAlertsStore(ctx).read();
  await createAlertsStore(ctx).write({ ...settings, enabled: false });
  await look(watch, down);
  hook.status = 200;
  await createAlertsStore(ctx).write(settings);
  await look(watch, {}, 9);
  expect(texts()).toEqual([]);
  await createAlertsStore(ctx).write({ ...settings, channels: [] });
  await look(watch, down, 4);
  await createAlertsStore(ctx).write(settings);
  await look(watch, down, 3);
  expect(texts()).toEqual([DOWN]);
});

test("what is remembered is put aside when it is damaged, and alerts go on", async () => {
  const { start, look, texts, ctx, log } = await scene();
  await look(start(), down, 3);
  await writeFile(ctx.paths.alertState, '{"version":1,"watched":7}');
  await look(start(), down, 3);
  expect([texts(), log]).toEqual([[DOWN, DOWN], [expect.stringContaining(`${ctx.paths.alertState}.damaged`)]]);
  expect(await readFile(`${ctx.paths.alertState}.damaged`, "utf8")).toContain('"watched":7');
});

test("settings that somebody spoils stop nothing: those of before go on, and it is a line of the log", async () => {
  const { start, look, texts, ctx, log } = await scene();
  const watch = start();
  await look(watch, {});
  await writeFile(ctx.paths.alerts, "{");
  await writeFile(ctx.paths.settings, "{");
  await look(watch, down, 3);
  expect([texts(), log]).toEqual([[DOWN], [expect.stringContaining(ctx.paths.alerts)]]);
});

test("nothing is told where alerts are off, and settings that cannot be read are a line of the log", async () => {
  const { start, look, texts, ctx, log } = await scene({ enabled: false });
  const watch = start();
  await look(watch, down, 4);
  expect(texts()).toEqual([]);
  await writeFile(ctx.paths.alerts, "{");
  await look(watch, down, 4);
  expect(log).toEqual([expect.stringContaining(ctx.paths.alerts)]);
});
