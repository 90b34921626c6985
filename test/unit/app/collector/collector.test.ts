import { describe, expect, it } from "vitest";
import { Collector } from "../../../../src/app/collector/collector.ts";
import { readSnapshot } from "../../../../src/app/collector/snapshot-file.ts";
import type { DaemonSight } from "../../../../src/app/collector/take-sight.ts";
import { addUser } from "../../../../src/app/people/add-user.ts";
import { booked, emptyAccount } from "../../../../src/domain/account.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { emptyLedger, Ledger } from "../../../../src/domain/ledger.ts";
import { defaultSettings, type Settings } from "../../../../src/domain/settings.ts";
import type { History } from "../../../../src/history.ts";
import { appScene } from "../../../support/app-scene.ts";
import { openBook } from "../../../support/history.ts";

const DAY_MS = 86_400_000;
const nothing = async () => {};

/** A home with one person on a shard that runs, and a real history; `fault` is what keeps that from being opened or written. */
async function scene(settings: Partial<Settings> = {}) {
  const { ctx } = await appScene({ routing: "direct" });
  await addUser(ctx, { name: "alice" });
  const { book } = await openBook();
  const faults: { open?: AppError; write?: AppError } = {};
  const refuse = (fault: AppError | undefined): void => {
    if (fault !== undefined) throw fault;
  };
  const calls = ["counters", "points", "users", "days", "clients", "events", "lastSeen", "close"] as const;
  const readers = calls.map((call) => [
    call,
    async (...given: never[]) => (book[call] as (...it: never[]) => unknown)(...given),
  ]);
  const record: History["record"] = async (entry) => {
    refuse(faults.write);
    book.record(entry);
  };
  const history = { ...Object.fromEntries(readers), record } as unknown as History;
  const said: string[] = [];
  const open = async () => {
    refuse(faults.open);
    return history;
  };
  const collector = () => new Collector({ ...ctx, history: open }, (line) => void said.push(line));
  const { users } = await ctx.stores.users.read();
  const sight = (ledger = new Ledger()): DaemonSight => ({
    ...{ settings: { ...defaultSettings, ...settings }, users, refusals: {}, ledger, workers: [], isPastRead: true },
  });
  return { ctx, book, faults, said, collector, sight };
}

const allOf = (book: Awaited<ReturnType<typeof scene>>["book"]) =>
  book.points({ kind: "all", name: "", since: 0, until: Date.now() + DAY_MS, resolution: "raw" }).points;

describe("the collector", () => {
  it("says of people without HAProxy why they have no figures, in file and memory alike", async () => {
    const { ctx, collector, sight, book } = await scene();
    const one = collector();
    const heard: unknown[] = [];
    one.onLook((snapshot) => heard.push(snapshot));
    await one.look(sight(), nothing);
    const latest = one.latest();
    expect(latest).toMatchObject({
      usersNote: "figures of each person need HAProxy routing",
      proxy: { running: true },
      users: [{ name: "alice", connections: null, bytesIn: null }],
      host: { cores: expect.any(Number), diskBytes: expect.any(Number) },
    });
    expect(heard).toEqual([latest]);
    expect(await readSnapshot(ctx)).toEqual(latest);
    expect(book.users(0, Date.now() + DAY_MS)).toEqual([]);
  });

  it("begins a history with the days that the ledger has, once", async () => {
    const { collector, sight, book } = await scene({ routing: "edge" });
    const [now, before] = [new Date(), new Date(Date.now() - 3 * DAY_MS)];
    const alice = booked(booked(emptyAccount, before, [100, 200, 1]), now, [10, 20, 1]);
    const ledger = new Ledger({ ...emptyLedger, accounts: { alice } });
    await collector().look(sight(ledger), nothing);
    await collector().look(sight(ledger), nothing);
    const points = allOf(book).filter(({ bytesIn }) => bytesIn > 0);
    expect(points.map(({ bytesIn }) => bytesIn)).toEqual([100, 10]);
    expect(new Date(points[0]?.at ?? 0).toISOString().slice(0, 10)).toBe(before.toISOString().slice(0, 10));
    expect(book.users(0, Date.now() + DAY_MS)).toMatchObject([
      { name: "alice", bytesIn: 110, bytesOut: 220, opened: 2 },
    ]);
  });

  it("tells once that nothing can be written, and writes all of it as soon as it can", async () => {
    const { collector, sight, book, faults, said } = await scene({ routing: "edge" });
    const one = collector();
    await one.look(sight(), nothing);
    faults.write = new AppError("environment", "the disk is full");
    let alice = booked(emptyAccount, new Date(), [1, 2, 1]);
    await one.look(sight(new Ledger({ ...emptyLedger, accounts: { alice } })), nothing);
    alice = booked(alice, new Date(), [10, 20, 1]);
    await one.look(sight(new Ledger({ ...emptyLedger, accounts: { alice } })), nothing);
    expect(one.latest()?.users[0]).toMatchObject({ bytesIn: 11, bytesOut: 22 });
    expect(book.users(0, Date.now() + DAY_MS)).toEqual([]);
    delete faults.write;
    await one.look(sight(new Ledger({ ...emptyLedger, accounts: { alice } })), nothing);
    expect(book.users(0, Date.now() + DAY_MS)).toMatchObject([{ name: "alice", bytesIn: 11, bytesOut: 22, opened: 2 }]);
    expect(said).toEqual(["history: the disk is full", "history: works again"]);
  });

  it("goes on without a history, and from where that was as soon as it is there", async () => {
    const { collector, sight, book, faults } = await scene({ routing: "edge" });
    const ledgerOf = (bytes: number) =>
      new Ledger({ ...emptyLedger, accounts: { alice: booked(emptyAccount, new Date(), [bytes, 0, 1]) } });
    await collector().look(sight(ledgerOf(5)), nothing);
    faults.open = new AppError("environment", "libsql does not load here");
    const one = collector();
    await one.look(sight(ledgerOf(7)), nothing);
    expect(one.latest()?.users[0]).toMatchObject({ bytesIn: 7 });
    delete faults.open;
    await one.look(sight(ledgerOf(9)), nothing);
    expect(book.users(0, Date.now() + DAY_MS)).toMatchObject([{ name: "alice", bytesIn: 9 }]);
  });

  it("writes nothing before the ledger is saved", async () => {
    const { collector, sight, book } = await scene({ routing: "edge" });
    const full = () => Promise.reject(new AppError("environment", "the disk is full"));
    const one = collector();
    const heard: unknown[] = [];
    one.onLook((snapshot) => heard.push(snapshot));
    await expect(one.look(sight(), full)).rejects.toThrow("the disk is full");
    expect(allOf(book)).toEqual([]);
    // That it was seen is told all the same.
    expect(heard).toEqual([one.latest()]);
    expect(one.latest()).toMatchObject({ users: [{ name: "alice" }] });
  });
});
