import { readFile, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import type { Status } from "../../src/app/watching/read-status.ts";
import { runCli } from "../support/cli.ts";
import { isRoot } from "../support/machine.mts";
import { askStats } from "../support/stats-client.ts";
import { StandInSystemd } from "../support/systemd.ts";
import { tempHome } from "../support/temp-home.ts";

const daemon = "familytraffic-mtproxy-daemon.service";
const agents = ["familytraffic-mtproxy-agent@1.service", "familytraffic-mtproxy-agent@2.service"];

test.runIf(isRoot)(
  "systemd runs the daemon for the stats API, whatever comes and goes with HAProxy's routing",
  async () => {
    const systemd = await StandInSystemd.make();
    onTestFinished(() => systemd.dispose());
    const { paths } = await tempHome({ publicHost: "127.0.0.1", edgeSubnet: "10.213.0.0/22" });
    const mtproxy = (...args: string[]) => runCli(args, { home: paths.home, ...systemd.on });
    const running = async () => [...(await systemd.running()).keys()].sort();
    const pid = async () => (await systemd.running()).get(daemon);
    const items = async (part: string) => {
      const { host } = (await mtproxy("status", "--json")).json.data as Status;
      return host.find((it) => it.part === part)?.items.filter((item) => item.endsWith(daemon));
    };
    const route = async (routing: "direct" | "edge") => {
      const settings = JSON.parse(await readFile(paths.settings, "utf8"));
      await writeFile(paths.settings, JSON.stringify({ ...settings, routing }));
      expect((await mtproxy("setup", "--no-start", "--json")).json).toMatchObject({ ok: true });
    };
    const port = await freePort();
    const isServed = async () => (await askStats(port, "/")).status;

    const started = await mtproxy("stats-api", "start", "--port", String(port), "--json");
    expect(started.json).toMatchObject({ ok: true, data: { listening: true, to_run: [] } });
    expect([await systemd.units(), await running(), await isServed()]).toEqual([[daemon], [daemon], 200]);
    expect(await items("stats-api")).toEqual([`/etc/systemd/system/${daemon}`, daemon]);
    const first = await pid();

    await route("edge");
    expect([await running(), await pid()]).toEqual([[...agents, daemon], first]);
    expect([await items("stats-api"), await items("edge")]).toEqual([
      undefined,
      [`/etc/systemd/system/${daemon}`, daemon],
    ]);
    await mtproxy("stats-api", "stop");
    expect(await pid()).toBe(first);
    await expect(isServed()).rejects.toThrow("ECONNREFUSED");
    expect((await mtproxy("stats-api", "start", "--json")).json).toMatchObject({ ok: true, data: { changed: true } });

    await route("direct");
    expect([await systemd.units(), await running()]).toEqual([[daemon], [daemon]]);
    await expect.poll(isServed).toBe(200);
    await mtproxy("stats-api", "stop");
    expect([await systemd.units(), await running()]).toEqual([[], []]);
  },
);
