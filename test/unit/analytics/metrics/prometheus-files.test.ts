import { execFile } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { Metrics } from "../../../../src/analytics/metrics/metrics.ts";
import { canRun } from "../../../support/machine.mts";
import { snapshot, userFigures } from "../../../support/snapshot.ts";
import { tempFolder } from "../../../support/temp-home.ts";

const run = promisify(execFile);
const shipped = (name: string) => join("share/prometheus", name);

/** Everything that is told anywhere. */
async function everyFamily(): Promise<string> {
  const user = userFigures("alice", {
    ...{ lastSeen: "2026-11-21T11:59:00.000Z", expiresAt: "2026-12-01T00:00:00.000Z" },
    limits: { quota: { bytes: 1000, period: "month" } },
  });
  const edge = { running: true, connections: 0, uptimeSeconds: 1, oldWorkers: 0, agents: 2, verdicts: { ok: 1 } };
  return new Metrics({ version: "1.2.3" }).text(snapshot({ users: [user], edge }), 10);
}

/** The families that an expression or a dashboard names. */
function namedIn(text: string): string[] {
  return [...new Set(text.match(/\bmtproxy_[a-z0-9_]+/g))].filter((name) => !["mtproxy_user"].includes(name));
}

describe("the alert rules and the dashboard", () => {
  test.each(["rules.yml", "dashboard.json"])("%s names only numbers that are told", async (name) => {
    const told = await everyFamily();
    const named = namedIn(await readFile(shipped(name), "utf8"));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((family) => !told.includes(`# TYPE ${family} `))).toEqual([]);
  });

  test("are in the package", async () => {
    const { files } = JSON.parse(await readFile("package.json", "utf8")) as { files: string[] };
    expect(files).toContain("share");
  });

  test("the dashboard asks whatever Prometheus is chosen, and gives each panel a place of its own", async () => {
    const { panels } = JSON.parse(await readFile(shipped("dashboard.json"), "utf8")) as Dashboard;
    const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(panels.length);
    for (const { type, datasource, targets } of panels.filter((panel) => panel.type !== "row"))
      expect([type, datasource?.uid, targets?.length ?? 0]).toEqual([type, "$" + "{datasource}", expect.any(Number)]);
  });
});

interface Dashboard {
  readonly panels: readonly {
    readonly type: string;
    readonly datasource?: { readonly uid: string };
    readonly targets?: readonly { readonly expr: string }[];
    readonly gridPos: { readonly x: number; readonly y: number };
  }[];
}

describe.runIf(canRun("promtool"))("promtool", () => {
  test("takes the numbers as Prometheus' own people would write them", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, "metrics"), await everyFamily());
    const { stdout, stderr } = await run("sh", ["-c", `promtool check metrics <"${folder}/metrics"`]);
    expect(stdout + stderr).toBe("");
  });

  test("takes the alert rules, and each alert comes when it shall and only then", async () => {
    const folder = await tempFolder();
    await copyFile(shipped("rules.yml"), join(folder, "rules.yml"));
    await copyFile("test/fixtures/prometheus/rules.test.yml", join(folder, "rules.test.yml"));
    const { stdout } = await run("promtool", ["check", "rules", join(folder, "rules.yml")]);
    expect(stdout).toMatch(/SUCCESS: 15 rules found/);
    await expect(run("promtool", ["test", "rules", join(folder, "rules.test.yml")])).resolves.toBeDefined();
  });

  test("takes every expression of the dashboard", async () => {
    const { panels } = JSON.parse(await readFile(shipped("dashboard.json"), "utf8")) as Dashboard;
    const expressions = panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll("$__range", "24h")),
    );
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const folder = await tempFolder();
    await writeFile(join(folder, "panels.json"), JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { stdout } = await run("promtool", ["check", "rules", join(folder, "panels.json")]);
    expect(stdout).toContain(`SUCCESS: ${expressions.length} rules found`);
  });
});
