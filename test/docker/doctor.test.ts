import { readFile, writeFile } from "node:fs/promises";
import Docker from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { CheckResult, Diagnosis } from "../../src/app/doctor/run-doctor.ts";
import { startCli } from "../support/cli.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, dockerEnv, linkOf } from "../support/docker-cli-home.ts";

const PADDED = "familytraffic-mtproxy";

let home: DockerCliHome;

beforeAll(async () => {
  home = await dockerCliHome();
  await home.add("alice");
});
afterAll(() => home?.dispose());

async function look(...ids: string[]): Promise<{ code: unknown; checks: Record<string, CheckResult> }> {
  const { code, json } = await home.mtproxy("doctor", ...ids);
  const { checks } = json.data as Diagnosis;
  return { code, checks: Object.fromEntries(checks.map((check) => [check.id, check])) };
}

describe("doctor of containers that are well", () => {
  it("finds no fault, with versions, and what only a look from inside can show", async () => {
    const card = await home.add("bob");
    const { code, checks } = await look();
    expect(Object.values(checks).filter(({ verdict }) => verdict === "failed")).toEqual([]);
    expect(code).toBe(0);
    expect(checks.docker?.reason).toMatch(/^Docker \d+\.\d+.*, docker(-| )compose v?\d/);
    expect(checks).toMatchObject({
      image: { verdict: "ok" },
      proxies: { verdict: "ok" },
      upstream: { verdict: "ok" },
      datacenters: { verdict: "ok", reason: expect.stringContaining("from inside the container") },
      nat: { verdict: "ok", reason: expect.stringContaining("Telegram's servers take connections with it") },
      // The test put a whitelist there as an admin would, for everybody to read: it holds no key.
      permissions: { verdict: "warning" },
      drift: { verdict: "ok" },
    });
    expect(checks["open-files"]?.reason).toMatch(/can hold 500 connections at once/);
    const { stdout } = await home.run(["doctor"]);
    expect(stdout).not.toContain(linkOf(card).secret.key.reveal());
  });
});

describe("a fault of containers", () => {
  it("is one that was stopped behind our back", async () => {
    await new Docker().getContainer(PADDED).stop({ t: 1 });
    onTestFinished(async () => void (await home.mtproxy("start")));
    expect(await look("proxies", "upstream")).toMatchObject({
      code: 9,
      checks: {
        proxies: { reason: expect.stringContaining(`${PADDED} does not run`) },
        upstream: { verdict: "skipped" },
      },
    });
  });

  it("is a setting that somebody edited and nobody applied", async () => {
    await home.add("eve", "--fake-tls", coverDomains[0]);
    expect((await look("drift")).checks.drift).toMatchObject({ verdict: "ok" });
    const settings = home.path("config/mtproxy/mtproxy_config.json");
    const before = await readFile(settings, "utf8");
    await writeFile(settings, before.replace('"max_connections": 500', '"max_connections": 400'));
    onTestFinished(() => writeFile(settings, before));
    expect(await look("drift")).toMatchObject({
      code: 9,
      checks: { drift: { hint: expect.stringContaining("mtproxy plan") } },
    });
  });

  it("is a cover domain in use that has no site", async () => {
    expect(await look("cover-domains")).toMatchObject({
      code: 9,
      checks: { "cover-domains": { reason: expect.stringContaining(coverDomains[0]) } },
    });
  });

  it("is a rule of the firewall in front of what Docker publishes", async () => {
    const rule = ["DOCKER-USER", "-p", "tcp", "-m", "conntrack", "--ctorigdstport", String(home.port), "-j", "DROP"];
    await execa("iptables", ["-I", ...rule]);
    onTestFinished(async () => void (await execa("iptables", ["-D", ...rule])));
    expect(await look("firewall")).toMatchObject({
      code: 9,
      checks: { firewall: { reason: expect.stringContaining(`drops what comes to port ${home.port}`) } },
    });
  });

  it("is a Telegram that a container cannot reach, though this host might", async () => {
    await home.telegram.close();
    const { code, checks } = await look("datacenters");
    expect(code).toBe(9);
    expect(checks.datacenters?.reason).toMatch(/^no way to datacenter .* from inside the container: .*ECONNREFUSED/);
    await expect
      .poll(async () => (await look("upstream")).checks.upstream?.verdict, { timeout: 60_000 })
      .toBe("failed");
  });
});

describe("stats and logs of containers", () => {
  it("are the C proxy's own, and say what figures of people need", async () => {
    const stats = await home.mtproxy("stats");
    expect(stats.json.data).toMatchObject({
      engine: "docker",
      shards: expect.arrayContaining([expect.objectContaining({ shard_id: 1, running: true })]),
      users: null,
      users_note: "figures of each person need HAProxy routing",
    });
    const logs = await home.mtproxy("logs", "1", "--tail", "5");
    expect((logs.json.data as { shards: { lines: string[] }[] }).shards[0]?.lines.length).toBeGreaterThan(0);
    const follow = startCli(["logs", "--follow", "--tail", "1"], { home: home.home, env: dockerEnv });
    let output = "";
    follow.stdout.setEncoding("utf8").on("data", (piece: string) => {
      output += piece;
    });
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(/^familytraffic-mtproxy(-2)? \| /m);
    const ended = new Promise((end) => follow.once("close", end));
    follow.kill("SIGINT");
    expect(await ended).toBe(130);
  });
});
