import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAPROXY_NAME } from "../../src/domain/edge.ts";
import { limitsRates } from "../../src/domain/haproxy-version.ts";
import { connectHaproxy } from "../../src/edge/connect-haproxy.ts";
import { homePaths } from "../../src/state/paths.ts";
import { type ClientOptions, connectFakeTls, ProxyClient } from "../contract/proxy/support/client.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, dockerEnv, linkOf } from "../support/docker-cli-home.ts";
import { haproxyImage, haproxyVersions } from "../support/docker-image.ts";
import { endsWith, faultFile, faultyImage } from "../support/faulty-image.ts";
import { isRoot } from "../support/machine.mts";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";
import { type Watched, watch } from "../support/run-source.ts";
import { StandInSystemd } from "../support/systemd.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

/** The agents live as long as the tests of one version need. */
const SUITE_MS = 300_000;

/** A client that is connected with somebody's link, to Telegram and back. */
async function hold(card: UserCardJson): Promise<ProxyClient> {
  const { secret, port } = linkOf(card);
  const options: ClientOptions & { key: NonNullable<ClientOptions["key"]> } = { port, key: secret.key };
  try {
    const client =
      secret.mode === "fake-tls"
        ? await connectFakeTls({ ...options, domain: secret.domain })
        : await ProxyClient.connect(options);
    expect(await client.ask()).toBe("answered");
    return client;
  } catch (error) {
    throw new Error(`${String(error)}; HAProxy: ${await lastWords()}`);
  }
}

async function lastWords(): Promise<string> {
  const { stdout, stderr } = await execa("docker", ["logs", "--tail", "4", HAPROXY_NAME], { reject: false });
  return `${stdout} ${stderr}`;
}

const worksFor = async (card: UserCardJson) => (await (await hold(card)).ask()) === "answered";

describe.each(haproxyVersions)("with HAProxy %s", (version) => {
  const canLimit = limitsRates(version);
  const hasSystemd = version === "3.0" && isRoot;
  const whereSystemd = (does: string, work: () => Promise<void>) => void (hasSystemd && it(does, work));
  const whereNone = (does: string, work: () => Promise<void>) => void (hasSystemd || it(does, work));
  let home: DockerCliHome;
  let pat: UserCardJson;
  let eve: UserCardJson;
  let toRun: readonly string[] = [];
  const agents: Watched[] = [];
  let systemd: StandInSystemd | undefined;

  beforeAll(async () => {
    home = await dockerCliHome({ image: await faultyImage() });
    if (hasSystemd) systemd = await StandInSystemd.make();
    // A root in which nothing is: no systemd serves there.
    home.on = systemd?.on ?? { env: { MTPROXY_HOST_ROOT: join(home.folder, "root") } };
    pat = await home.add("pat");
    eve = await home.add("eve", "--fake-tls", coverDomains[0]);
  });
  afterAll(async () => {
    for (const { child } of agents) child.kill();
    await home?.dispose();
    await systemd?.dispose();
  });

  /** As it was said, word by word. */
  async function start(command: string): Promise<void> {
    const [program, ...words] = command.split(" ");
    expect(program).toBe("mtproxy");
    const service = watch(process.execPath, [PROGRAM, ...words], { ...dockerEnv, ...home.on.env }, SUITE_MS);
    agents.push(service);
    await service.until("ready");
  }

  const enable = async () => home.mtproxy("enable-haproxy-routing", "--image", await haproxyImage(version));

  /** The newest lines of connections that ended. */
  async function records(): Promise<string[]> {
    const { stdout } = await execa("docker", ["logs", "--tail", "200", HAPROXY_NAME]);
    return stdout.split("\n").filter((line) => line.startsWith("mtproxy "));
  }

  /** Names of the containers that are not what they were. */
  async function changedBy(work: () => Promise<unknown>): Promise<string[]> {
    const before = new Map((await home.containers()).map((container) => [container.name, container]));
    await work();
    const after = await home.containers();
    const names = new Set([...before.keys(), ...after.map(({ name }) => name)]);
    return [...names].filter((name) => before.get(name)?.id !== after.find((it) => it.name === name)?.id);
  }

  whereSystemd("leaves nothing behind, and nobody cut, when an agent cannot be started", async () => {
    if (systemd === undefined) return expect.fail("no systemd");
    const held = await Promise.all([hold(pat), hold(eve)]);
    const mend = await systemd.breakUnit("familytraffic-mtproxy-agent@2.service");
    const changed = await changedBy(async () => {
      const { code, json } = await enable();
      expect([code, json.error?.message]).toEqual([7, expect.stringMatching(/^HAProxy is not put before .*agent@2/)]);
      expect(json.error?.hint).toMatch(/everything is as before; mtproxy enable-haproxy-routing tries again$/);
    });
    await mend();
    expect([changed, await systemd.units(), (await systemd.running()).size]).toEqual([[], [], 0]);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
    for (const client of held) client.close();
    expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
    await expect(stat(home.path("mtproxy/run/agents/keys.json"))).rejects.toThrow("ENOENT");
  });

  it("is put before running proxies, and every link works before and after", async () => {
    const before = await Promise.all([hold(pat), hold(eve)]);
    const result = await enable();
    toRun = (result.json.data as { to_run: string[] }).to_run;
    const commands = ["agent 1", "agent 2", "daemon"].map((words) => `mtproxy --home ${home.home} ${words}`);
    expect(result.code, `${result.stdout}${result.stderr}`).toBe(hasSystemd ? 0 : 9);
    expect(result.json.data).toMatchObject({ routing: "edge", changed: true, live: true, proved: 2 });
    expect(result.json.data).toMatchObject(hasSystemd ? { agents: 2, to_run: [] } : { agents: 0, to_run: commands });
    if (!hasSystemd) expect(result.json.error?.hint).toContain(commands.join(" · "));
    // Agents that run before HAProxy does know its first client.
    else expect((await records()).filter((line) => !/ user=(pat|eve) .* verdict=ok /.test(line))).toEqual([]);
    expect(await Promise.all(before.map((client) => client.ask()))).toEqual(["closed", "closed"]);
    expect((await home.mtproxy("verify")).code).toBe(0);
    for (const mtcute of mtcuteVersions) for (const { link } of [pat, eve]) await connectMtcute(mtcute, link);
    const { stdout } = await execa("docker", ["ps", "--format", "{{.Names}} {{.Ports}}"]);
    expect(stdout).toContain(HAPROXY_NAME);
    expect(stdout).not.toMatch(/0\.0\.0\.0:|:::/);
    const again = await home.mtproxy("show-user-config", "pat");
    expect((again.json.data as UserCardJson).link).toBe(pat.link);
  });

  it("knows who is connecting once agents run", async () => {
    await Promise.all(toRun.map(start));
    await expect
      .poll(async () => {
        (await hold(pat)).close();
        (await hold(eve)).close();
        return (await records()).slice(-2).map((line) => / user=(\S+) .* verdict=(\S+) /.exec(line)?.slice(1, 3));
      })
      .toEqual(
        expect.arrayContaining([
          ["pat", "ok"],
          ["eve", "ok"],
        ]),
      );
    expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
    const status = await home.mtproxy("status");
    expect(status.code, status.stdout).toBe(0);
    expect(status.json.data).toMatchObject({
      routing: "edge",
      haproxy: { condition: "running", version: expect.stringContaining(version), old_workers: 0, draining: 0 },
      agents: [
        { condition: "answers", current: true },
        { condition: "answers", current: true },
      ],
      daemon: { condition: "running", outdated: false },
    });
    expect(status.json.warnings).toEqual([]);
  });

  whereSystemd("is whole again when it is enabled once more, and nothing that runs is touched", async () => {
    const before = await systemd?.running();
    const held = await hold(pat);
    for (const name of ["agent@1", "daemon"]) await systemd?.killService(`familytraffic-mtproxy-${name}.service`);
    const changed = await changedBy(async () => {
      const { code, json } = await enable();
      expect([code, json.data]).toEqual([0, expect.objectContaining({ changed: false, agents: 2, to_run: [] })]);
    });
    const after = await systemd?.running();
    expect([changed, after?.size, await held.ask()]).toEqual([[], 3, "answered"]);
    const second = "familytraffic-mtproxy-agent@2.service";
    expect(after?.get(second)).toBe(before?.get(second));
    held.close();
  });

  it("gets new people without a restart, and any port serves them", async () => {
    let bob: UserCardJson | undefined;
    const changed = await changedBy(async () => {
      bob = await home.add("bob");
    });
    expect(changed).toEqual([]);
    if (bob === undefined) return expect.fail("nobody was added");
    const { secret } = linkOf(bob);
    const client = await ProxyClient.connect({ port: linkOf(eve).port, key: secret.key });
    expect(await client.ask()).toBe("answered");
    client.close();
    await expect.poll(async () => (await records()).some((line) => line.includes(" user=bob "))).toBe(true);
  });

  it("closes exactly the connections of who is removed, and replaces the shard later without cutting anybody", async () => {
    const bob = (await home.mtproxy("show-user-config", "bob")).json.data as UserCardJson;
    const lost = await Promise.all([hold(bob), hold(bob), hold(bob)]);
    const kept = await Promise.all([hold(pat), hold(pat), hold(eve)]);
    const times: number[] = [];
    let since = 0;
    const changed = await changedBy(async () => {
      const ended = lost.map(async ({ wire }) => times.push((await wire.closing(20_000)) ?? Number.NaN));
      since = performance.now();
      const { code, stdout } = await home.mtproxy("remove-user", "bob", "--yes");
      since = performance.now() - since;
      expect(code, stdout).toBe(0);
      await Promise.all(ended);
    });
    expect(changed).toEqual([]);
    expect(Math.max(...times)).toBeLessThan(since);
    expect(await Promise.all(kept.map((client) => client.ask()))).toEqual(["answered", "answered", "answered"]);
    expect(
      await (await ProxyClient.connect({ port: linkOf(bob).port, key: linkOf(bob).secret.key })).ask(1500),
    ).not.toBe("answered");
    const status = await home.mtproxy("status");
    expect(status.json.warnings).toEqual([expect.stringMatching(/bob is taken away and HAProxy refuses it/)]);
    expect([status.code, (status.json.data as { pending: boolean }).pending]).toEqual([0, false]);
    const ticked = await home.mtproxy("tick");
    expect(ticked.code, ticked.stdout).toBe(0);
    expect(await Promise.all(kept.map((client) => client.ask()))).toEqual(["answered", "answered", "answered"]);
    expect(await worksFor(pat)).toBe(true);
    expect((await home.mtproxy("status")).json.warnings).toEqual([]);
    for (const client of kept) client.close();
  });

  it("leads people to replaced proxies while they connect all the time: none is refused, and who is connected stays", async () => {
    const held = await Promise.all([hold(pat), hold(eve)]);
    let isOver = false;
    const outcomes: boolean[] = [];
    const comeAndGo = async (card: UserCardJson) => {
      while (!isOver) {
        const client = await hold(card).catch(() => undefined);
        outcomes.push(client !== undefined);
        client?.close();
        await sleep(20);
      }
    };
    const crowd = Promise.all([comeAndGo(pat), comeAndGo(eve)]);
    const { code, stdout } = await home.mtproxy("set-promoted-channel", `7f${"0".repeat(28)}7f`);
    isOver = true;
    await crowd;
    expect(code, stdout).toBe(0);
    expect(outcomes.length).toBeGreaterThan(10);
    expect(outcomes).not.toContain(false);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
  });

  /** They live on with what they had; all that comes is the new one's. */
  async function expectOldWorkersAcceptNothing(): Promise<void> {
    const haproxy = await connectHaproxy(homePaths(home.home));
    const { oldWorkers } = await haproxy.processes();
    const theirs = async () => {
      const sessions = (await Promise.all(oldWorkers.map((pid) => haproxy.sessions(pid)))).flat();
      return sessions.filter(({ frontend }) => frontend === "edge").map(({ source }) => source);
    };
    const before = await theirs();
    expect(before.length).toBeGreaterThanOrEqual(2);
    const newcomers = await Promise.all(Array.from({ length: 20 }, () => hold(eve)));
    expect(await Promise.all(newcomers.map((client) => client.ask()))).toEqual(newcomers.map(() => "answered"));
    expect(await theirs()).toEqual(before);
    for (const client of newcomers) client.close();
  }

  it("opens a port for a new shard by a reload that holds every connection", async () => {
    const held = await Promise.all([hold(pat), hold(eve)]);
    const zoe = await home.add("zoe", "--fake-tls", coverDomains[1]);
    expect(zoe.port).not.toBe(eve.port);
    expect(await worksFor(zoe)).toBe(true);
    await expectOldWorkersAcceptNothing();
    expect((await home.mtproxy("verify")).code).toBe(0);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
    expect((await home.mtproxy("remove-user", "pat", "--yes")).code).toBe(0);
    expect(await held[0]?.wire.hear(2000)).toBe("closed");
    expect(await held[1]?.ask()).toBe("answered");
    pat = await home.add("pat");
    expect(await worksFor(pat)).toBe(true);
  });

  it("is told to hold a person to a rate, and every command says so where it cannot", async () => {
    const held = await hold(pat);
    const doubts = ({ json }: { json: { warnings: unknown } }) =>
      (json.warnings as string[]).filter((warning) => warning.includes("cannot hold pat to a rate, 2.8 and later can"));
    const set = await home.mtproxy("set-limit", "pat", "--rate", "2M");
    expect(set.json, set.stdout).toMatchObject({ ok: true, data: { limits: { rate: 2e6 }, in_force: canLimit } });
    const said = [set, await home.mtproxy("show-user-config", "pat"), await home.mtproxy("status")];
    expect(said.map((command) => doubts(command).length)).toEqual(canLimit ? [0, 0, 0] : [1, 1, 1]);
    const doctor = await home.mtproxy("doctor", "haproxy");
    expect(doctor.stdout.includes("cannot hold pat to a rate")).toBe(!canLimit);
    expect(await held.ask()).toBe("answered");
    expect(await worksFor(pat)).toBe(true);
    expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
    held.close();
  });

  whereNone("tells what HAProxy has not loaded, and loads it", async () => {
    const haproxy = await connectHaproxy(homePaths(home.home));
    const pending = async () => {
      const { code, json } = await home.mtproxy("plan", "--exit-code");
      return [code, (json.data as { haproxy: string }).haproxy];
    };
    expect(await pending()).toEqual([0, "none"]);
    await haproxy.moveServer({ name: "pat", address: "192.0.2.1", port: 9 });
    expect(await pending()).toEqual([8, "update"]);
    expect((await home.mtproxy("status")).json.data).toMatchObject({ pending: true });
    const settings = home.path("config/mtproxy/mtproxy_config.json");
    const text = await readFile(settings, "utf8");
    await writeFile(settings, JSON.stringify({ ...JSON.parse(text), max_connections_per_source: 90 }));
    expect(await pending()).toEqual([8, "reload"]);
    expect((await home.run(["plan"])).stdout).toContain("HAProxy: reads its configuration anew; no connection is cut");
    const applied = await home.mtproxy("apply");
    expect(applied.code, applied.stdout).toBe(0);
    expect([await pending(), await worksFor(pat)]).toEqual([[0, "none"], true]);
    const keys = home.path("mtproxy/run/agents/keys.json");
    const old = await readFile(keys);
    expect((await home.mtproxy("disable-user", "pat")).code).toBe(0);
    // As a command leaves it that is killed between the state and the agents.
    await writeFile(keys, old);
    expect(await pending()).toEqual([8, "keys"]);
    expect((await home.mtproxy("status")).json.warnings).toContainEqual(
      expect.stringMatching(/pat .* BUT STILL WORKS/),
    );
    expect((await home.mtproxy("enable-user", "pat")).code).toBe(0);
    expect(await pending()).toEqual([0, "none"]);
  });

  it("keeps what runs when the new instance does not come up", async () => {
    const held = await Promise.all([hold(pat), hold(eve)]);
    const tag = `8e${"0".repeat(28)}8e`;
    await writeFile(home.path("mtproxy/familytraffic-mtproxy", faultFile), endsWith(tag, "no such tag"));
    const { code, json } = await home.mtproxy("set-promoted-channel", tag);
    expect([code, json.error?.message]).toEqual([7, expect.stringContaining("no such tag")]);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
    expect(await Promise.all([worksFor(pat), worksFor(eve)])).toEqual([true, true]);
    await rm(home.path("mtproxy/familytraffic-mtproxy", faultFile));
    const applied = await home.mtproxy("apply");
    expect(applied.code, applied.stdout).toBe(0);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
    for (const client of held) client.close();
  });

  it("goes away again, and every link works", async () => {
    expect(agents.map(({ child }) => child.exitCode ?? child.signalCode)).toEqual(agents.map(() => null));
    const { code, stdout, stderr } = await home.mtproxy("disable-haproxy-routing");
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect((await home.mtproxy("verify")).code).toBe(0);
    expect((await home.containers()).map(({ name }) => name)).toEqual([
      "familytraffic-mtproxy",
      "familytraffic-mtproxy-2",
      "familytraffic-mtproxy-3",
    ]);
    expect(await Promise.all([worksFor(pat), worksFor(eve)])).toEqual([true, true]);
    await expect(stat(home.path("mtproxy/run/agents/keys.json"))).rejects.toThrow("ENOENT");
    expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
    expect([await systemd?.units(), (await systemd?.running())?.size]).toEqual(
      hasSystemd ? [[], 0] : [undefined, undefined],
    );
  });

  whereSystemd("comes with an unattended setup, and goes with uninstall", async () => {
    home.on = { ...home.on, env: { ...home.on.env, MTPROXY_USE_HAPROXY: "true" } };
    const { code, json, stderr } = await home.setUp();
    expect([code, json.data], stderr).toEqual([0, expect.objectContaining({ running: true })]);
    expect((json.data as { host: unknown }).host).toContainEqual({ part: "edge", installed: true });
    (await hold(pat)).close();
    await expect.poll(async () => (await records()).some((line) => / user=pat .* verdict=ok /.test(line))).toBe(true);
    expect((await systemd?.running())?.size).toBe(3);
    expect((await home.mtproxy("uninstall", "--yes")).code).toBe(0);
    expect([await systemd?.units(), (await systemd?.running())?.size]).toEqual([[], 0]);
    expect(await home.containers()).toEqual([]);
    expect(await readdir(join(systemd?.folder ?? "", "log"))).toEqual([]);
  });
});
