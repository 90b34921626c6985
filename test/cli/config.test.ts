import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ChangedSettings } from "../../src/app/settings/change-settings.ts";
import { cliHome, sharedCliHome } from "../support/cli-home.ts";
import { freePort } from "../support/trial.ts";

const home = sharedCliHome();

describe("config show", () => {
  test("shows every setting by the name that it has in the file", async () => {
    const { code, stdout } = await home().mtproxy("config", "show");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^port +${home().port}$`, "m"));
    expect(stdout).toMatch(/^port_range +8444-9467$/m);
    expect(stdout).toMatch(/^trial_datacenters +1=127\.0\.0\.1:\d+ 2=/m);
    const { json } = await home().mtproxy("config", "show", "--json");
    expect(json).toMatchObject({ schema: "mtproxy/config-show/1", data: { public_host: "127.0.0.1", workers: 0 } });
  });
});

describe("config set", () => {
  test("changes one setting, says from what to what, and again changes nothing", async () => {
    const { code, json } = await home().mtproxy("config", "set", "default-mode", "fake-tls", "--json");
    expect(code).toBe(0);
    expect(json).toMatchObject({
      schema: "mtproxy/config-set/1",
      data: { changed: [{ name: "default_mode", from: "padded", to: "fake-tls" }], links: [], live: true },
    });
    const again = await home().mtproxy("config", "set", "default_mode", "fake-tls");
    expect(again.stdout).toBe("✓ Nothing was different\n");
    expect((await home().mtproxy("config", "show")).stdout).toMatch(/^default_mode +fake-tls$/m);
  });

  test.each([
    [["colour", "blue"], 2, 'there is no setting "colour"'],
    [["engine", "docker"], 2, "mtproxy setup --engine changes the engine"],
    [["port"], 2, "missing required argument"],
    [["port", "1", "2"], 2, "port takes one value"],
    [["port", "70000"], 3, "70000"],
    [["workers", "many"], 3, "workers is a number from 0 to 256"],
    [["default_mode", "loud"], 3, "default_mode is one of padded, plain, fake-tls"],
    [["public_host", "http://x/"], 3, "http"],
    [["proxy_config_urls", "ftp://x"], 3, "ftp://x"],
    [["source_list", "192.0.2.0/33"], 3, "neither an address nor a network"],
    [["source_list_mode", "deny"], 3, "source_list_mode is one of off, allow, block"],
    [["source_list_mode", "allow"], 5, "would shut everybody out"],
  ])("%j is refused, and nothing is changed", async (words, expected, message) => {
    const path = home().path("config/mtproxy/mtproxy_config.json");
    const before = await readFile(path, "utf8");
    const { code, stderr } = await home().mtproxy("config", "set", ...words);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
    expect(await readFile(path, "utf8")).toBe(before);
  });
});

describe("a list of sources", () => {
  test("is kept as it is given, says that it needs HAProxy routing, and cannot be emptied while only it counts", async () => {
    const set = (...words: string[]) => home().mtproxy("config", "set", ...words, "--json");
    await set("source_list", "198.51.100.0/24", "2001:DB8::/32", "198.51.100.0/24");
    const { json } = await set("source_list_mode", "allow");
    expect(json).toMatchObject({
      data: { changed: [{ name: "source_list_mode", from: "off", to: "allow" }], live: true },
      warnings: [expect.stringContaining("mtproxy enable-haproxy-routing")],
    });
    const { stdout } = await home().mtproxy("config", "show");
    expect(stdout).toMatch(/^source_list +198\.51\.100\.0\/24 2001:db8::\/32$/m);
    expect((await set("source_list", "none")).json).toMatchObject({ ok: false, error: { kind: "conflict" } });
    await set("source_list_mode", "off");
    expect((await set("source_list", "none")).json).toMatchObject({ data: { changed: [{ to: [] }] } });
  });
});

describe("set-port and set-host", () => {
  test("name whose links change, rewrite their files, and the new links work", async () => {
    const it = await cliHome();
    const alice = await it.add("alice");
    const bob = await it.add("bob", "--fake-tls");
    const port = await freePort();
    await it.mtproxy("add-secret");

    const dry = await it.mtproxy("set-port", String(port), "--dry-run", "--json");
    const links = ["alice", "bob"].map((username) => ({
      username,
      from: `127.0.0.1:${it.port}`,
      to: `127.0.0.1:${port}`,
    }));
    const shared = "the links of shared secrets may name another place then: mtproxy show-config";
    expect(dry.json).toMatchObject({ data: { links, live: false }, warnings: [shared] });
    expect(await readFile(alice.files.link, "utf8")).toContain(`port=${it.port}`);
    expect(await it.works(alice.link)).toBe(true);

    const moved = await it.mtproxy("set-port", String(port));
    expect(moved.code).toBe(0);
    expect(moved.stdout).toContain(`  alice: 127.0.0.1:${it.port} → 127.0.0.1:${port}\n`);
    for (const { files } of [alice, bob]) expect(await readFile(files.link, "utf8")).toContain(`port=${port}&`);
    expect((await it.mtproxy("verify")).code).toBe(0);
    expect(await it.works(alice.link)).toBe(false);

    const { json } = await it.mtproxy("set-host", "127.0.0.2", "--json");
    expect((json.data as ChangedSettings).links[0]).toEqual({
      username: "alice",
      from: `127.0.0.1:${port}`,
      to: `127.0.0.2:${port}`,
    });
    for (const { files } of [alice, bob]) expect(await readFile(files.link, "utf8")).toContain("server=127.0.0.2&");
    expect((await it.mtproxy("verify")).code).toBe(0);
  });

  test("leave everything as it is when another program holds the port", async () => {
    const it = await cliHome();
    const { link } = await it.add("alice");
    const other = createServer().listen(0);
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const { code, json } = await it.mtproxy("set-port", String(port), "--json");
    expect([code, json.data]).toEqual([6, null]);
    expect(json.error?.message).toBe(`port ${port} is taken by another program on this host`);
    expect((await it.mtproxy("plan", "--exit-code")).code).toBe(0);
    expect(await it.works(link)).toBe(true);
  });
});

test("set-workers warns of what more than none costs", async () => {
  const { json } = await home().mtproxy("set-workers", "2", "--dry-run", "--json");
  expect(json).toMatchObject({
    data: { changed: [{ name: "workers", from: 0, to: 2 }] },
    warnings: [expect.stringContaining("byte counters are lost"), expect.stringContaining("replayed")],
  });
});
