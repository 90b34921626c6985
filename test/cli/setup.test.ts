import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { cliHome, setupFlags } from "../support/cli-home.ts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { tempFolder } from "../support/temp-home.ts";
import { freePort } from "../support/trial.ts";

/** A home that nobody set up yet. */
async function bareHome() {
  const home = join(await tempFolder(), "home");
  const settings = join(home, "config/mtproxy/mtproxy_config.json");
  return {
    home,
    setup: (...flags: string[]) =>
      runCli(["setup", "--no-start", "--public-host", "proxy.example", ...flags], { home }),
    settings: async () => JSON.parse(await readFile(settings, "utf8")) as Record<string, unknown>,
    settingsText: () => readFile(settings, "utf8").catch(() => undefined),
  };
}

describe("setup --no-start", () => {
  test("writes the defaults and no more than the flags say", async () => {
    const { setup, settings, home } = await bareHome();
    expect((await setup()).code).toBe(0);
    expect(await settings()).toEqual({
      version: 1,
      port: 8443,
      port_range: "8444-9467",
      public_host: "proxy.example",
      workers: 0,
      engine: "docker",
      routing: "direct",
      image: "ghcr.io/getpagespeed/mtproxy",
      default_mode: "padded",
      max_connections: 8000,
      stats_port: 8888,
      proxy_secret_urls: ["https://core.telegram.org/getProxySecret"],
      proxy_config_urls: ["https://core.telegram.org/getProxyConfig"],
      users_lock: "/var/lock/familytraffic_users.lock",
      users_write: "auto",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    await expect(stat(join(home, "mtproxy/docker-compose.yml"))).rejects.toThrow("ENOENT");
  });

  test("writes every flag down", async () => {
    const { setup, settings } = await bareHome();
    const { code, stderr } = await setup(
      ...["--public-host", "пример.рф", "--egress-ipv4", "198.51.100.9", "--port", "443", "--port-range", "9000-9099"],
      ...["--engine", "trial", "--image", "registry.example:5000/mtproxy:2025-11", "--workers", "2", "--mode", "plain"],
      ...["--cover-domain", "WWW.example.com", "--max-connections", "500", "--stats-port", "9999"],
      ...["--proxy-secret-url", "https://a.example/s", "--proxy-secret-url", "https://b.example/s"],
      ...["--proxy-config-url", "http://a.example/c", "--users-lock", "/run/lock/other lock"],
      ...["--users-write", "in-place", "--datacenter", "2=127.0.0.1:1", "--datacenter", "5=[::1]:2"],
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining("settings are in")]);
    expect(await settings()).toEqual({
      version: 1,
      public_host: "xn--e1afmkfd.xn--p1ai",
      egress_ipv4: "198.51.100.9",
      port: 443,
      port_range: "9000-9099",
      engine: "trial",
      routing: "direct",
      image: "registry.example:5000/mtproxy:2025-11",
      workers: 2,
      default_mode: "plain",
      default_cover_domain: "www.example.com",
      max_connections: 500,
      stats_port: 9999,
      proxy_secret_urls: ["https://a.example/s", "https://b.example/s"],
      proxy_config_urls: ["http://a.example/c"],
      users_lock: "/run/lock/other lock",
      users_write: "in-place",
      trial_datacenters: { 2: "127.0.0.1:1", 5: "[::1]:2" },
      created_at: expect.any(String),
    });
  });

  test.each([
    { host: "203.0.113.7", public_host: "203.0.113.7", egress_ipv4: "203.0.113.7" },
    { host: "Proxy.EXAMPLE.", public_host: "proxy.example", egress_ipv4: undefined },
    { host: "[2001:DB8::1]", public_host: "2001:db8::1", egress_ipv4: undefined },
  ])("--public-host $host is $public_host in links", async ({ host, ...written }) => {
    const { setup, settings } = await bareHome();
    expect((await setup("--public-host", host)).code).toBe(0);
    const { public_host, egress_ipv4 } = await settings();
    expect({ public_host, egress_ipv4 }).toEqual(written);
  });

  test.each([
    { flags: ["--public-host", ""], code: 3, says: "no address that a client could connect to" },
    { flags: ["--public-host", "a b"], code: 3, says: "no address" },
    { flags: ["--public-host", "$(reboot)"], code: 3, says: "no address" },
    { flags: ["--public-host", "x.example;reboot"], code: 3, says: "no address" },
    { flags: ["--public-host", "x.example\n127.0.0.1"], code: 3, says: "no address" },
    { flags: ["--public-host", "`id`.example"], code: 3, says: "no address" },
    { flags: ["--public-host", "https://x.example"], code: 3, says: "no address" },
    { flags: ["--public-host", "x.example:443"], code: 3, says: "no address" },
    { flags: ["--public-host", "x.example/path"], code: 3, says: "no address" },
    { flags: ["--public-host", "203.0.113.256"], code: 3, says: "no address" },
    { flags: ["--public-host", "fe80::1%eth0"], code: 3, says: "no address" },
    { flags: ["--public-host", "x.example&secret=1"], code: 3, says: "no address" },
    { flags: ["--public-host", `${"a".repeat(64)}.example`], code: 3, says: "no address" },
    { flags: ["--egress-ipv4", "x.example"], code: 3, says: "is not an IPv4 address" },
    { flags: ["--egress-ipv4", "2001:db8::1"], code: 3, says: "is not an IPv4 address" },
    { flags: ["--port", "0"], code: 3, says: '"0" is not a port' },
    { flags: ["--port", "65536"], code: 3, says: "is not a port" },
    { flags: ["--port", "443 "], code: 3, says: "is not a port" },
    { flags: ["--port", "0x1BB"], code: 3, says: "is not a port" },
    { flags: ["--port-range", "9000"], code: 3, says: "is not a port" },
    { flags: ["--port-range", "9001-9000"], code: 3, says: "is not a port range" },
    { flags: ["--port-range", "1-2-3"], code: 3, says: "is not a port range" },
    { flags: ["--engine", "podman"], code: 2, says: "Allowed choices are docker, trial" },
    { flags: ["--image", "a b"], code: 3, says: "is not the name of an image" },
    { flags: ["--image", ""], code: 3, says: "is not the name of an image" },
    { flags: ["--image=--privileged"], code: 3, says: "is not the name of an image" },
    { flags: ["--workers", "257"], code: 3, says: "--workers takes a number from 0 to 256" },
    { flags: ["--workers", "1.5"], code: 3, says: "--workers takes a number" },
    { flags: ["--mode", "dd"], code: 2, says: "Allowed choices are padded, plain, fake-tls" },
    { flags: ["--cover-domain", "localhost"], code: 3, says: "is not a domain name" },
    { flags: ["--cover-domain", "a.example\nb.example"], code: 3, says: "is not a domain name" },
    { flags: ["--max-connections", "63"], code: 3, says: "--max-connections takes a number from 64" },
    { flags: ["--stats-port", "http"], code: 3, says: "is not a port" },
    { flags: ["--proxy-secret-url", "core.telegram.org"], code: 3, says: "is not an address to download from" },
    { flags: ["--proxy-config-url", "file:///etc/passwd"], code: 3, says: "is not an address to download from" },
    { flags: ["--users-lock", "users.lock"], code: 3, says: "is not an absolute path" },
    { flags: ["--users-write", "never"], code: 2, says: "Allowed choices are auto, in-place, rename" },
    { flags: ["--datacenter", "2=127.0.0.1"], code: 3, says: "--datacenter 2=149.154.167.51:443" },
    { flags: ["--datacenter", "2=127.0.0.1:70000"], code: 3, says: "is not a port" },
    { flags: ["--datacenter", "two=127.0.0.1:1"], code: 3, says: "is not a datacenter" },
    { flags: ["--no-stop"], code: 2, says: "unknown option '--no-stop'" },
    { flags: ["production"], code: 2, says: "too many arguments" },
  ])("$flags is refused with $code, and nothing is written", async ({ flags, code, says }) => {
    const { setup, settingsText } = await bareHome();
    const result = await setup(...flags);
    expect([result.code, result.stdout]).toEqual([code, ""]);
    expect(result.stderr).toContain(says);
    expect(await settingsText()).toBeUndefined();
  });

  test("with a default cover domain puts it on the whitelist, behind those that are there", async () => {
    const { home, setup } = await bareHome();
    await setup("--cover-domain", "www.example.com");
    const list = await readFile(join(home, "config/mtproxy/fake_tls_domains.txt"), "utf8");
    expect(list.trimEnd().split("\n").slice(-2)).toEqual(["azure.microsoft.com", "www.example.com"]);
  });

  test("again keeps what no flag names, and changes what one names", async () => {
    const { setup, settings, home } = await bareHome();
    await setup("--port", "4443", "--workers", "1", "--proxy-secret-url", "https://a.example/s");
    const before = await settings();
    const again = await runCli(["setup", "--no-start", "--port", "5443", "--json"], { home });
    expect(again.json).toMatchObject({ ok: true, data: { repeated: true, running: false, settings: { port: 5443 } } });
    expect(await settings()).toEqual({ ...before, port: 5443 });
  });

  test("warns of what workers cost", async () => {
    const { setup } = await bareHome();
    expect((await setup("--workers", "2")).stderr).toContain("! 2 workers: byte counters are lost");
    const json = await setup("--workers", "1", "--mode", "fake-tls", "--json");
    expect(json.json.warnings).toEqual([expect.stringContaining("replayed fake-TLS hello")]);
  });

  test("--dry-run writes nothing and says what would be written", async () => {
    const { setup, settingsText, home } = await bareHome();
    const { code, stdout } = await setup("--dry-run", "--port", "4443");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run: nothing is changed/);
    expect(stdout).toContain("proxy.example port 4443");
    expect(await settingsText()).toBeUndefined();
    await expect(stat(home)).rejects.toThrow("ENOENT");
  });
});

describe("setup", () => {
  test("takes a bare machine to a running proxy, and says what comes next", async () => {
    const home = join(await tempFolder(), "home");
    const { mtproxy, port } = await cliHome();
    expect((await mtproxy("status", "--json")).json).toMatchObject({ ok: true, data: { shards: [{ port }] } });
    const datacenter = await startDatacenter();
    const flags = setupFlags({ home, port: await freePort(), datacenter });
    const { code, stdout, stderr } = await runCli(["setup", ...flags], { home });
    await runCli(["stop"], { home });
    await datacenter.close();
    expect(code).toBe(0);
    expect(stderr).toContain("✓ settings are in");
    expect(stdout).toMatch(/^✓ MTProxy running on port \d+\n/);
    expect(stdout).toContain("the trial engine (a first look, not for production)");
    expect(stdout).toContain("mtproxy add-user NAME   gives a person a link");
  });

  test("again changes nothing and cuts nobody", async () => {
    const { mtproxy, add, path, works } = await cliHome();
    const { link } = await add("alice");
    const pid = await readFile(path("mtproxy/run/trial-server.json"), "utf8");
    const again = await mtproxy("setup", "--json");
    expect(again.json).toMatchObject({ ok: true, data: { repeated: true, running: true } });
    expect(await readFile(path("mtproxy/run/trial-server.json"), "utf8")).toBe(pid);
    expect(await works(link)).toBe(true);
  });

  test("with another port moves every link there, and rewrites the files that people are given", async () => {
    const { mtproxy, add, works } = await cliHome();
    const before = await add("alice");
    const port = await freePort();
    expect((await mtproxy("setup", "--port", String(port), "-q")).code).toBe(0);
    const { link, files } = (await mtproxy("show", "alice", "--json")).json.data as typeof before;
    expect(link).toBe(before.link.replace(`port=${before.port}`, `port=${port}`));
    expect([await works(before.link), await works(link)]).toEqual([false, true]);
    expect(await readFile(files.link, "utf8")).toContain(link);
  });

  test("on a port that something else holds says which and how to find out, and keeps the settings", async () => {
    const holder = await startDatacenter();
    const { home, settings } = await bareHome();
    const datacenter = await startDatacenter();
    onTestFinished(() => datacenter.close());
    const setup = (port: number) => runCli(["setup", ...setupFlags({ home, port, datacenter }), "--json"], { home });
    const taken = await setup(holder.port);
    expect(taken.code).toBe(6);
    expect(taken.json).toMatchObject({ ok: false, data: { running: false }, error: { kind: "environment" } });
    expect(taken.json.error?.message).toContain(`port ${holder.port} is taken by another program`);
    expect(taken.json.error?.hint).toContain("mtproxy setup --port N");
    expect((await settings()).port).toBe(holder.port);

    // Whoever is added now is saved, and gets a card that says so.
    const added = await runCli(["add-user", "alice", "--json"], { home });
    expect(added.code).toBe(6);
    expect(added.json).toMatchObject({ ok: false, data: { username: "alice", added: true, port: holder.port } });
    expect(added.json.error?.message).toMatch(/^alice is saved, but the link does not work yet: port \d+ is taken/);
    expect((await runCli(["plan", "--json"], { home })).code).toBe(6);
    await holder.close();

    expect((await setup(await freePort())).code).toBe(0);
    expect((await runCli(["verify", "alice"], { home })).code).toBe(0);
    await runCli(["stop"], { home });
  });

  test("with no address to put into links asks for one", async () => {
    const { home } = await bareHome();
    const { code, stdout, stderr } = await runCli(["setup", "--no-start"], { home });
    // A machine that has an address of its own takes that, and says so.
    if (code === 0) expect(stderr).toContain("the first public address of this machine; --public-host changes that");
    else expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("mtproxy setup --public-host")]);
  });
});
