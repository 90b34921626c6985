import { cp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { version } from "../../package.json";
import { agentNumbers } from "../../src/domain/agent.ts";
import { greetAgent } from "../../src/edge/agent/greet.ts";
import { agentReport, agentSocket } from "../../src/edge/agent/places.ts";
import type { Envelope } from "../../src/ui/output.ts";
import { giveToAgents } from "../support/edge/haproxy.ts";
import { isRoot } from "../support/machine.mts";
import { StandInSystemd } from "../support/systemd.ts";
import { tempFolder, tempHome } from "../support/temp-home.ts";

const root = resolve(import.meta.dirname, "../..");

test.runIf(isRoot)(
  "an upgrade restarts the agents one after the other, and uninstall ends and removes all",
  async () => {
    const systemd = await StandInSystemd.make();
    onTestFinished(() => systemd.dispose());
    const product = await installedProduct("0.0.9");
    const { paths } = await tempHome({ routing: "edge", edgeSubnet: "10.213.0.0/22", publicHost: "127.0.0.1" });
    const mtproxy = async (...args: string[]) => {
      const [program = "", ...rest] = [...systemd.on.within, process.execPath, product.program, ...args, "--json"];
      const env = { ...systemd.on.env, FAMILYTRAFFIC_HOME: paths.home };
      return JSON.parse((await execa(program, rest, { env, reject: false })).stdout) as Envelope;
    };
    const reports = [
      ...agentNumbers.map((number) => agentReport(paths.agents, number)),
      join(paths.run, "daemon.json"),
    ];
    const versions = () =>
      Promise.all(reports.map(async (path) => JSON.parse(await readFile(path, "utf8").catch(() => "{}")).version));
    const units = ["agent@1", "agent@2", "daemon"].map((name) => `familytraffic-mtproxy-${name}.service`);

    expect(await mtproxy("setup", "--no-start")).toMatchObject({ ok: true });
    await putKeys(paths.agents);
    await expect.poll(versions).toEqual(["0.0.9", "0.0.9", "0.0.9"]);
    const before = await systemd.running();
    expect([...before.keys()].sort()).toEqual(units);

    await product.upgrade();
    const { data, warnings } = await mtproxy("status");
    expect(data).toMatchObject({
      agents: [{ outdated: true }, { outdated: true }],
      daemon: { condition: "running", version: "0.0.9", outdated: true },
    });
    expect(warnings).toEqual(
      ["agent 1", "agent 2", "the daemon"].map((who) =>
        expect.stringContaining(`${who} is version 0.0.9, which is not the one that is installed: systemctl restart`),
      ),
    );
    await systemd.forgetCalls();
    const watching = watchAgents(paths.agents);
    expect(await mtproxy("tick")).toMatchObject({ ok: true });
    const { looks, gaps } = await watching();
    expect([looks > 20, gaps]).toEqual([true, 0]);
    expect(await systemd.calls()).toEqual(["restart agent@1", "restart agent@2", "restart daemon"]);
    await expect.poll(versions).toEqual([version, version, version]);
    const renewed = await systemd.running();
    for (const unit of units) expect(renewed.get(unit), unit).not.toBe(before.get(unit));

    for (const unit of units.slice(1)) await systemd.killService(unit);
    await expect.poll(async () => [...(await systemd.running()).keys()]).toEqual(units.slice(0, 1));
    const away = await mtproxy("status");
    expect(away.data).toMatchObject({
      agents: [{ condition: "answers" }, { condition: "gone" }],
      daemon: { condition: "gone", version: null, outdated: false },
    });
    expect(away.warnings).toContainEqual(expect.stringMatching(/^the daemon does not run: .* or run mtproxy daemon$/));
    await systemd.forgetCalls();
    expect(await mtproxy("setup", "--no-start")).toMatchObject({ ok: true });
    expect((await systemd.calls()).slice(-2)).toEqual(["restart agent@2", "start daemon"]);
    expect((await systemd.running()).size).toBe(3);

    await writeFile(join(systemd.folder, "log/haproxy-mtproxy.log.1"), "");
    await mtproxy("uninstall", "--yes");
    expect([await systemd.units(), (await systemd.running()).size]).toEqual([[], 0]);
    expect(await readdir(join(systemd.folder, "log"))).toEqual([]);
  },
);

/** The built product in a folder of its own, as a version of before until it is upgraded. */
async function installedProduct(before: string) {
  const folder = join(await tempFolder(), "product");
  for (const name of ["bin", "dist"]) await cp(join(root, name), join(folder, name), { recursive: true });
  const files = (await readdir(join(folder, "dist"))).filter((name) => name.endsWith(".cjs"));
  for (const name of files) {
    const path = join(folder, "dist", name);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll(JSON.stringify(version), JSON.stringify(before)));
  }
  return {
    program: join(folder, "bin/familytraffic-mtproxy"),
    upgrade: () => cp(join(root, "dist"), join(folder, "dist"), { recursive: true, force: true }),
  };
}

/** Keys of nobody, so that the agents serve. */
async function putKeys(agents: string): Promise<void> {
  const first = join(agents, "new");
  const keys = { generation: "one", helloBytes: { minBytes: 517, maxBytes: 4096 }, keys: [] };
  await writeFile(first, JSON.stringify(keys), { mode: 0o600 });
  await giveToAgents(first);
  await rename(first, join(agents, "keys.json"));
}

/** Greets them as HAProxy does, until it is called: how often, and how often none answered. */
function watchAgents(folder: string): () => Promise<{ looks: number; gaps: number }> {
  const seen = { looks: 0, gaps: 0 };
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const conditions = await Promise.all(agentNumbers.map((number) => greetAgent(agentSocket(folder, number))));
      seen.looks += 1;
      if (!conditions.includes("answers")) seen.gaps += 1;
      await sleep(10);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    return seen;
  };
}
