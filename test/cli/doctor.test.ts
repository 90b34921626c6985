import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { CheckResult, Diagnosis } from "../../src/app/doctor/run-doctor.ts";
import { parseLink } from "../../src/domain/link.ts";
import { type CliOptions, runCli } from "../support/cli.ts";
import { type CliHome, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { tempFolder } from "../support/temp-home.ts";

const isRoot = process.getuid?.() === 0;
/** Namespaces of a test's own; others than root need one of users for that. */
const unshare = (...flags: string[]) => ["unshare", ...flags, ...(isRoot ? [] : ["--map-root-user"])];

const home = sharedCliHome();

/** What one check finds, and the exit code. */
async function look(it: CliHome, id: string, options: CliOptions = {}): Promise<CheckResult & { code: unknown }> {
  const { code, json } = await it.run(["doctor", id, "--json"], options);
  const [result] = (json.data as Diagnosis).checks;
  if (result === undefined) throw new Error(`no result of ${id}`);
  return { ...result, code };
}

/** A script that makes the machine another one and then runs what it is given. */
const within = (flags: readonly string[], script: string) => [
  ...unshare(...flags),
  "sh",
  "-ec",
  `${script}\nexec "$@"`,
  "sh",
];

async function editSettings({ path }: CliHome, change: Record<string, unknown>): Promise<() => Promise<void>> {
  const file = path("config/mtproxy/mtproxy_config.json");
  const before = await readFile(file, "utf8");
  await writeFile(file, JSON.stringify({ ...JSON.parse(before), ...change }));
  return () => writeFile(file, before);
}

/** What a file was comes back with the test's end. */
async function broken(path: string, content: string): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, content);
  onTestFinished(() => (before === undefined ? rm(path, { force: true }) : writeFile(path, before)));
}

async function modeFor(path: string, mode: number, back: number): Promise<void> {
  await chmod(path, mode);
  onTestFinished(() => chmod(path, back));
}

function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

describe("doctor of a proxy that is well", () => {
  test("finds no fault, for people and for programs, and shows no key", async () => {
    const { link } = await home().add("alice");
    const { code, stdout, stderr } = await home().mtproxy("doctor");
    expect([code, stderr], stdout).toEqual([0, ""]);
    expect(stdout).toMatch(/^✓ home {13}everything is in /);
    expect(stdout).toMatch(/^✓ upstream {9}connected to Telegram's servers/m);
    expect(stdout).toMatch(/^- docker {11}the trial engine needs no Docker$/m);
    expect(stdout).toMatch(/\n\n\d+ fine, \d+ to look at, 0 failed, \d+ not looked at\n$/);
    const json = await home().mtproxy("doctor", "--json");
    expect(json.json).toMatchObject({ schema: "mtproxy/doctor/1", ok: true, data: { failed: 0 } });
    expect(stdout + json.stdout).not.toContain(parseLink(link).secret.key.reveal());
  });

  test("lists its checks, makes only those that are named, and knows no others", async () => {
    const listed = (await home().mtproxy("doctor", "--list", "--json")).json.data as { checks: { id: string }[] };
    const all = (await home().mtproxy("doctor", "--json")).json.data as Diagnosis;
    expect(listed.checks.map(({ id }) => id)).toEqual(all.checks.map(({ id }) => id));
    expect((await home().mtproxy("doctor", "--list")).stdout).toMatch(/^home {13}a proxy is set up$/m);
    const two = (await home().mtproxy("doctor", "disk", "state", "--json")).json.data as Diagnosis;
    expect(two.checks.map(({ id }) => id)).toEqual(["state", "disk"]);
    const unknown = await home().mtproxy("doctor", "dsik");
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining("mtproxy doctor --list")]);
  });
});

describe("doctor before setup", () => {
  test("looks at the machine all the same and says what to type, with exit code 9", async () => {
    const { code, stdout, stderr } = await runCli(["doctor"], { home: await tempFolder() });
    expect(code).toBe(9);
    expect(stdout).toMatch(/^✗ home .*\n.*→ mtproxy setup --public-host/);
    expect(stdout).toMatch(/^✓ disk/m);
    expect(stdout).toMatch(/^[✓✗] docker/m);
    expect(stderr).toContain("mtproxy setup");
  });
});

describe("a fault of files", () => {
  test.each(["shards.json", "mtproxy_secrets.json", "promoted_channel.json", "engine.json", "telegram/fetched.json"])(
    "is found in %s, and what rests on it is not looked at",
    async (name) => {
      await broken(home().path("config/mtproxy", name), "{");
      expect(await look(home(), "state")).toMatchObject({
        code: 9,
        verdict: "failed",
        reason: expect.stringContaining(name),
      });
    },
  );

  test("in users.json is named, and checks of proxies are skipped for it", async () => {
    await broken(home().path("data/users.json"), '{"users": [');
    const { code, json } = await home().mtproxy("doctor", "state", "proxies", "drift", "--json");
    expect([code, (json.data as Diagnosis).checks.map(({ verdict }) => verdict)]).toEqual([
      9,
      ["failed", "skipped", "skipped"],
    ]);
  });

  test("is a key that others can read, a folder they can look into, and a state that they can change", async () => {
    const { files } = await home().add("open");
    await modeFor(files.link, 0o644, 0o600);
    expect(await look(home(), "permissions")).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining(`${files.link} can be read by others (644)`),
      hint: `chmod 600 ${files.link}`,
    });
    await chmod(files.link, 0o600);
    await modeFor(home().path("config/mtproxy"), 0o755, 0o700);
    expect(await look(home(), "permissions")).toMatchObject({
      verdict: "warning",
      hint: `chmod 700 ${home().path("config/mtproxy")}`,
    });
    await chmod(home().path("config/mtproxy"), 0o700);
    await modeFor(home().path("data"), 0o777, 0o700);
    expect(await look(home(), "permissions")).toMatchObject({
      verdict: "failed",
      hint: `chmod 755 ${home().path("data")}`,
    });
    await chmod(home().path("data"), 0o755);
    expect(await look(home(), "permissions")).toMatchObject({ code: 0, verdict: "ok" });
  });

  test.runIf(isRoot)("is one that belongs to somebody else", async () => {
    const path = home().path("config/mtproxy/shards.json");
    await chown(path, 12345, 12345);
    onTestFinished(() => chown(path, 0, 0));
    expect(await look(home(), "permissions")).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining("shards.json belongs to the user 12345"),
      hint: `chown 0 ${path}`,
    });
  });

  test("is a disk without room", async () => {
    const backups = home().path("backups");
    const full = within(["--mount"], `mkdir -p ${backups}; mount -t tmpfs -o size=64k tmpfs ${backups}`);
    expect(await look(home(), "disk", { within: full })).toMatchObject({
      code: 9,
      reason: expect.stringContaining(`are free at ${backups}`),
      hint: expect.stringContaining("df -h"),
    });
  });
});

describe("a fault of the machine", () => {
  test("is a clock that is behind those that Telegram's files come from", async () => {
    const ahead = createWebServer((_, response) => {
      response.setHeader("Date", new Date(Date.now() + 10_000).toUTCString());
      response.end();
    });
    const url = `http://127.0.0.1:${await portOf(ahead)}/getProxyConfig`;
    const restore = await editSettings(home(), { proxy_config_urls: [url], proxy_secret_urls: [url] });
    onTestFinished(restore);
    expect(await look(home(), "clock")).toMatchObject({
      code: 9,
      reason: expect.stringMatching(/^the clock is \d+\.\d s behind that of 127\.0\.0\.1.*every fake-TLS link is dead/),
    });
  });

  test("is a firewall of iptables that drops everything", async () => {
    const drops = within(["--net"], "iptables -P INPUT DROP");
    expect(await look(home(), "firewall", { within: drops })).toMatchObject({
      code: 9,
      hint: `iptables -I INPUT -p tcp --dport ${home().port} -j ACCEPT`,
    });
  });

  test.runIf(isRoot)("is a UFW that limits the port, or refuses it", async () => {
    const { port } = home();
    // UFW writes its rules down: in folders of the test's own.
    const own = [
      "mount -t tmpfs tmpfs /run; cp -a /etc/ufw /run/ufw; cp /etc/default/ufw /run/default",
      "mount --bind /run/ufw /etc/ufw; mount --bind /run/default /etc/default/ufw",
      "ip link set lo up; ufw --force enable >&2",
    ];
    const ufw = (...commands: string[]) => within(["--net", "--mount"], [...own, ...commands].join("\n"));
    expect(await look(home(), "firewall", { within: ufw() })).toMatchObject({ code: 9, hint: `ufw allow ${port}/tcp` });
    const limited = await look(home(), "firewall", { within: ufw(`ufw limit ${port}/tcp >&2`) });
    expect(limited).toMatchObject({ code: 9, reason: expect.stringContaining("one app opens eight") });
    expect(await look(home(), "firewall", { within: ufw(`ufw allow ${port}/tcp >&2`) })).toMatchObject({
      verdict: "ok",
    });
  });

  test("is a limit of open files that the apps of everybody do not fit into", async () => {
    const it = await cliHome();
    for (const name of ["a", "b", "c", "d", "e", "f"]) await it.add(name);
    expect((await it.run(["restart"], { within: ["prlimit", "--nofile=150:150"] })).code).toBe(0);
    expect(await look(it, "open-files")).toMatchObject({
      code: 9,
      reason: expect.stringContaining("can hold 43 connections at once, and the apps of 6 people open about 48"),
    });
  });

  test("is a timer that starts a program which has moved", async () => {
    const root = await tempFolder();
    await mkdir(join(root, "etc/cron.d"), { recursive: true });
    const job = (program: string) =>
      `7 1 * * * root sleep 1; ${program} --home ${home().home} refresh-config --quiet\n`;
    const cron = join(root, "etc/cron.d/familytraffic-mtproxy");
    const env = { MTPROXY_HOST_ROOT: root };
    await writeFile(cron, job("/usr/bin/node /opt/gone/mtproxy"));
    expect(await look(home(), "schedule", { env })).toMatchObject({
      code: 9,
      reason: expect.stringContaining("is not there"),
    });
    await mkdir(join(root, "bin"));
    await writeFile(join(root, "bin/mtproxy"), "");
    await writeFile(cron, job(join(root, "bin/mtproxy")));
    expect(await look(home(), "schedule", { env })).toMatchObject({ verdict: "ok" });
  });

  test("is a timer of systemd that does not run, or whose last run failed", async () => {
    const folder = await tempFolder();
    const say = (verb: string, word: string) => writeFile(join(folder, verb), `${word}\n`);
    // Knows the states of units from files, and no other question; ends as systemctl does (systemctl(1), exit status).
    const systemctl = `#!/bin/sh
case "$*" in
  "is-active familytraffic-mtproxy-refresh-config.timer") read -r state <${folder}/active; echo "$state"; [ "$state" = active ] || exit 3 ;;
  "is-failed familytraffic-mtproxy-refresh-config.service") read -r state <${folder}/failed; echo "$state"; [ "$state" = failed ] || exit 1 ;;
  *) echo "Unknown command $*" >&2; exit 1 ;;
esac
`;
    await writeFile(join(folder, "systemctl"), systemctl, { mode: 0o755 });
    const unit = `ExecStart=${process.execPath} --home ${home().home} refresh-config --quiet\n`;
    await writeFile(join(folder, "familytraffic-mtproxy-refresh-config.service"), unit);
    const units = within(["--mount"], `mount --bind ${folder} /etc/systemd/system`);
    const options = { within: units, env: { PATH: `${folder}:${process.env.PATH}` } };
    await Promise.all([say("active", "inactive"), say("failed", "inactive")]);
    expect(await look(home(), "schedule", options)).toMatchObject({
      code: 9,
      reason: "familytraffic-mtproxy-refresh-config.timer is not active",
      hint: "systemctl enable --now familytraffic-mtproxy-refresh-config.timer",
    });
    await Promise.all([say("active", "active"), say("failed", "failed")]);
    expect(await look(home(), "schedule", options)).toMatchObject({
      code: 9,
      reason: "the last run of familytraffic-mtproxy-refresh-config failed",
      hint: expect.stringContaining("journalctl -u familytraffic-mtproxy-refresh-config"),
    });
    await say("failed", "inactive");
    expect(await look(home(), "schedule", options)).toMatchObject({ code: 0, verdict: "ok" });
  });

  test("is a Docker that does not answer: it is said in time, and the program ends", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mtproxy-silent-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const daemon = createServer();
    await new Promise<void>((resolve) => void daemon.listen(join(folder, "docker.sock"), resolve));
    onTestFinished(() => void daemon.close());
    const options = { home: join(folder, "home"), env: { DOCKER_HOST: `unix://${folder}/docker.sock` } };
    const { code, stdout } = await runCli(["doctor", "docker", "disk"], { ...options, timeoutMs: 30_000 });
    expect(code).toBe(9);
    expect(stdout).toMatch(/^✓ disk/m);
    expect(stdout).toMatch(/^✗ docker .*no answer within/m);
  });
});

describe("a fault of the proxy", () => {
  test("is that it was killed: what rests on it is not looked at", async () => {
    const it = await cliHome();
    await it.killServer();
    const { code, json } = await it.mtproxy("doctor", "proxies", "upstream", "port", "drift", "--json");
    expect(code).toBe(9);
    expect(json).toMatchObject({ ok: false, error: { kind: "unhealthy", hint: "mtproxy start" } });
    const { checks } = json.data as Diagnosis;
    expect(checks.map(({ verdict }) => verdict)).toEqual(["failed", "skipped", "skipped", "skipped"]);
  });

  test("is that Telegram is out of reach, which is said of the datacenters too", async () => {
    const it = await cliHome();
    await it.add("alice");
    await it.datacenter.close();
    // The proxy has noticed with that client at the latest.
    await it.mtproxy("verify", "alice", "--timeout", "2");
    expect(await look(it, "upstream")).toMatchObject({ code: 9, hint: expect.stringContaining("datacenters") });
    expect(await look(it, "datacenters")).toMatchObject({
      code: 9,
      reason: expect.stringMatching(/^no way to datacenter 1, 2, 3, 4, 5 from this machine: .*ECONNREFUSED/),
    });
  });

  test("is a link's address that leads nowhere, whether the proxy is there or not", async () => {
    const restore = await editSettings(home(), { public_host: "name.invalid" });
    onTestFinished(restore);
    expect(await look(home(), "port")).toMatchObject({
      code: 9,
      reason: expect.stringMatching(/^name\.invalid takes no connection .*although the proxy itself does/),
    });
    await restore();
    expect(await look(home(), "port", { within: within(["--net"], "ip link set lo up") })).toMatchObject({
      code: 9,
      reason: expect.stringContaining("neither does this machine's own address"),
    });
  });

  test("is a cover domain in somebody's link that is not there", async () => {
    await broken(home().path("config/mtproxy/fake_tls_domains.txt"), "cover.invalid\n");
    expect(await look(home(), "cover-domains")).toMatchObject({ verdict: "skipped" });
    await home().add("eve", "--fake-tls", "cover.invalid");
    expect(await look(home(), "cover-domains")).toMatchObject({ code: 9, hint: "mtproxy check-domain cover.invalid" });
    await home().mtproxy("remove-user", "eve", "--yes");
  });

  test("is a change that is saved and does not run, and a key that was taken away and lets in", async () => {
    const it = await cliHome();
    await it.add("alice");
    await it.add("gone");
    expect(await look(it, "drift")).toMatchObject({ code: 0, verdict: "ok" });
    const { users } = JSON.parse(await it.usersText()) as { users: { username: string }[] };
    await it.putUsers(JSON.stringify({ users: users.filter(({ username }) => username !== "gone") }));
    expect(await look(it, "drift")).toMatchObject({ code: 9, hint: expect.stringContaining("mtproxy apply") });
    expect(await look(it, "revocations")).toMatchObject({
      code: 9,
      reason: expect.stringMatching(/^STILL GET IN .*gone/),
    });
    await it.mtproxy("apply");
    expect(await look(it, "revocations")).toMatchObject({ code: 0, verdict: "ok" });
  });

  test("is a link that should have ended long ago", async () => {
    const it = await cliHome();
    await it.add("guest", "--expires", "30d");
    expect(await look(it, "expiries")).toMatchObject({ code: 0, verdict: "ok" });
    const past = new Date(Date.now() - 3_600_000).toISOString();
    await it.putUsers((await it.usersText()).replace(/("mtproxy_expires_at": ?")[^"]*/, `$1${past}`));
    expect(await look(it, "expiries")).toMatchObject({ code: 9, reason: expect.stringContaining("still work: guest") });
    await it.mtproxy("tick");
    expect(await look(it, "expiries")).toMatchObject({ code: 0, verdict: "ok" });
  });

  test("is an engine that served the home before and was not ended", async () => {
    const restore = await editSettings(home(), { engine: "docker" });
    onTestFinished(restore);
    const env = { DOCKER_HOST: "unix:///no/such.sock" };
    expect(await look(home(), "former-engine", { env })).toMatchObject({ code: 9, hint: "mtproxy apply ends it" });
    const { code, stdout } = await home().run(["doctor", "docker", "proxies"], { env });
    expect(code).toBe(9);
    expect(stdout).toMatch(/^✗ docker/m);
    expect(stdout).toMatch(/^- proxies {10}the engine cannot be asked: /m);
  });
});
