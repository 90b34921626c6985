import { beforeEach, describe, expect, test } from "vitest";
import { writeSnapshot } from "../../../../src/app/collector/snapshot-file.ts";
import { addUser } from "../../../../src/app/people/add-user.ts";
import { exportReport } from "../../../../src/app/reporting/export-report.ts";
import { readFigures } from "../../../../src/app/watching/read-figures.ts";
import { readPerson } from "../../../../src/app/watching/read-person.ts";
import { readStats } from "../../../../src/app/watching/read-stats.ts";
import { readSums } from "../../../../src/app/watching/read-sums.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { type AppScene, appScene } from "../../../support/app-scene.ts";
import { entryAt, userRow } from "../../../support/history-entry.ts";
import { shardFigures, snapshot, userFigures } from "../../../support/snapshot.ts";

let scene: AppScene;
beforeEach(async () => {
  scene = await appScene();
  await addUser(scene.ctx, { name: "alice" });
});

const NO_USERS = "figures of each person need HAProxy routing";
const looked = (parts: Parameters<typeof snapshot>[0], secondsAgo = 5) =>
  writeSnapshot(
    scene.ctx,
    snapshot({ at: new Date(Date.now() - secondsAgo * 1000).toISOString(), routing: "direct", ...parts }),
  );

describe("figures of now", () => {
  test("are the proxies' own where the daemon does not run, and of people where somebody counts them", async () => {
    const { data, failure } = await readStats(scene.ctx);
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({
      source: "proxies",
      users: null,
      usersNote: NO_USERS,
      shards: [{ shardId: 1, running: true }],
    });
    await scene.ctx.stores.settings.write({ ...(await settings()), routing: "edge" });
    expect((await readStats(scene.ctx)).data?.usersNote).toMatch(/need the daemon/);
  });

  test("are the daemon's while it looks", async () => {
    const proxy = { running: true, activeConnections: 3, totalConnections: 700, uptimeSeconds: 9 };
    await looked({ proxy, users: [userFigures("alice", { bytesIn: 5 })] });
    expect((await readStats(scene.ctx)).data).toMatchObject({
      ...{ source: "daemon", activeConnections: 3, totalConnections: 700 },
      users: [{ username: "alice", bytesIn: 5 }],
    });
  });

  test("have a row for all shared secrets together, and say where nobody knows", async () => {
    const shared = { connections: 2, totalConnections: 9, bytesIn: 30, bytesOut: 40, usedBytes: 70, lastSeen: null };
    await looked({ users: [userFigures("alice", { connections: 1 })], shared });
    const { data } = await readStats(scene.ctx);
    expect(data?.users).toMatchObject([
      { username: null, activeConnections: 2, totalConnections: 9, bytesIn: 30, bytesOut: 40, usedBytes: 70 },
      { username: "alice" },
    ]);
    const proxy = { running: true, activeConnections: null, totalConnections: 5, uptimeSeconds: null };
    await looked({ proxy, shards: [shardFigures({ activeConnections: null, uptimeSeconds: null })] });
    expect((await readStats(scene.ctx)).data?.activeConnections).toBeNull();
  });

  test("are not the daemon's when it does not look, looked at another routing, or could not ask the engine", async () => {
    const stale = [
      [{}, 31],
      [{}, -40],
      [{ routing: "edge" }, 5],
      [{ shards: [] }, 5],
    ] as const;
    for (const [parts, secondsAgo] of stale) {
      await looked(parts, secondsAgo);
      expect([parts, (await readStats(scene.ctx)).data?.source]).toEqual([parts, "proxies"]);
    }
  });

  test("fail where a proxy is silent or stopped, as the daemon saw it", async () => {
    await looked({ shards: [shardFigures({ activeConnections: null })] });
    expect((await readStats(scene.ctx)).failure).toMatchObject({
      kind: "unhealthy",
      message: "no figures of familytraffic-mtproxy",
    });
    await looked({ shards: [shardFigures({ running: false, activeConnections: null })] });
    expect((await readStats(scene.ctx)).failure).toMatchObject({ hint: "mtproxy start" });
  });

  test("have no rows for a spreadsheet where nobody counts people", async () => {
    const options = { name: undefined, since: undefined, sort: undefined, reverse: false, csv: true };
    await expect(readFigures(scene.ctx, options)).rejects.toThrow(new AppError("environment", NO_USERS));
  });

  const settings = async () => {
    const read = await scene.ctx.stores.settings.read();
    if (read === undefined) throw new Error("the scene has settings");
    return read;
  };
});

test("a person of whom nobody knows anything has limits and state all the same", async () => {
  expect((await readPerson(scene.ctx, "ALICE")).data).toMatchObject({
    usersNote: NO_USERS,
    user: { username: "alice", enabled: true, bytesIn: null, lastSeen: null },
  });
});

test("everybody's sums are of the same minutes as people's", async () => {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 72 * 3_600_000;
  const used = { bytesIn: 10, bytesOut: 20, opened: 1, active: 1 };
  const history = await scene.ctx.history();
  for (const minute of [10, 40, 70])
    await history.record(
      entryAt(hour + minute * 60_000, { increments: [userRow("alice", used), { kind: "all", name: "", ...used }] }),
    );
  await history.close();
  const { data } = await readSums(scene.ctx, { since: new Date(hour + 30 * 60_000).toISOString() });
  expect(data?.users).toMatchObject([{ username: "alice", bytesIn: 20, connections: 2 }]);
  expect(data?.everybody).toMatchObject({ bytesIn: 20, bytesOut: 40, connections: 2 });
});

test("without any history there is nothing since then, and no month: no zeros, and a reason", async () => {
  expect((await readSums(scene.ctx, { since: "7d" })).data).toMatchObject({ watchedSeconds: 0, users: [] });
  const { data, warnings } = await exportReport(scene.ctx, { render: () => "" });
  expect(data).toMatchObject({
    rows: [{ username: "alice", bytesIn: null, daysActive: null }],
    note: expect.any(String),
  });
  expect(warnings).toEqual([expect.stringContaining("HAProxy routing")]);
});
