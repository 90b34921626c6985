import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import type { CliOptions, CliResult } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { KeyScan } from "../support/key-scan.ts";

const home = sharedCliHome("--mode", "padded");
const keys = new Set<string>();
let scan = new KeyScan([]);

/** Every key that this home ever had. */
async function noteKeys(): Promise<void> {
  const files = ["data/users.json", "config/mtproxy/shards.json", "config/mtproxy/mtproxy_secrets.json"].map((file) =>
    home().path(file),
  );
  for (const file of files) {
    const text = await readFile(file, "utf8");
    for (const [, key = ""] of text.matchAll(/"(?:key|secret|mtproxy_secret)": "(?:dd|ee)?([0-9a-f]{32})/g))
      keys.add(key);
  }
  scan = new KeyScan(keys);
}

beforeAll(async () => {
  await home().add("alice");
  await home().add("bob", "--fake-tls");
  await home().add("carol", "--plain");
  await home().mtproxy("add-secret");
  await home().add("off");
  await home().mtproxy("disable-user", "off");
  await noteKeys();
});

/** The forms of keys in what a command says, on both streams, as text and as JSON, with the stack of its error. */
async function said(
  args: readonly string[],
  options: CliOptions = {},
): Promise<{ leaks: string[]; results: CliResult[] }> {
  const results = [];
  for (const flags of [["--debug"], ["--json", "--debug"]]) {
    results.push(await home().run([...args, ...flags], options));
    await noteKeys();
  }
  return { leaks: results.flatMap(({ stdout, stderr }) => scan.findIn(stdout + stderr)), results };
}

test("the scan finds what a revealing command shows, so that it can be trusted with the others", async () => {
  expect(keys.size).toBe(5);
  const { stdout } = await home().mtproxy("show", "alice");
  expect(scan.findIn(stdout)).not.toEqual([]);
  const bytes = Buffer.from(parseLink(/tg:\S+/.exec(stdout)?.[0] ?? "").secret.key.bytes());
  expect(scan.findIn(bytes.toString("base64url"))).not.toEqual([]);
  expect(scan.findIn(bytes.toString("hex").toUpperCase())).not.toEqual([]);
});

/** Beside what every-command.test.ts shows of each command. */
describe("no key is in what is said by", () => {
  test.each(
    [
      ["doctor"],
      ["plan", "--exit-code"],
      ["apply"],
      ["verify"],
      ["verify", "off"],
      ["verify", "--via", "127.0.0.1:1"],
      ["disable-user", "alice"],
      ["enable-user", "alice"],
      ["remove-user", "alice"],
      ["restart"],
      ["refresh-config", "--from-file", "/dev/null"],
      ["backup", "create"],
      ["export", "--format", "csv"],
      ["tick"],
      ["add-user", "alice", "--plain"],
      ["add-user", "eve", "--fake-tls", "evil.example"],
    ].map((args) => ({ args })),
  )("$args", async ({ args }) => {
    expect((await said(args)).leaks).toEqual([]);
  });

  test("remove-user", async () => {
    for (const flags of [[], ["--json"]]) {
      await home().add("short-lived");
      await noteKeys();
      const { code, stdout, stderr } = await home().mtproxy("remove-user", "short-lived", "--yes", "--debug", ...flags);
      expect([code, scan.findIn(stdout + stderr)]).toEqual([0, []]);
    }
  });

  test("verify of a link that is dead, whatever spelling it was given in", async () => {
    const digits = randomBytes(16).toString("hex");
    const bytes = Buffer.from(`dd${digits}`, "hex");
    const own = new KeyScan([digits]);
    for (const secret of [`dd${digits}`, `DD${digits.toUpperCase()}`, bytes.toString("base64url")]) {
      const link = `tg://proxy?server=127.0.0.1&port=${home().port}&secret=${secret}`;
      const { results } = await said(["verify", link]);
      for (const { code, stdout, stderr } of results) expect([code, own.findIn(stdout + stderr)]).toEqual([9, []]);
    }
  });

  test("verify of a link that was cut in the middle", async () => {
    const digits = randomBytes(16).toString("hex");
    const link = `tg://proxy?server=127.0.0.1&port=${home().port}&secret=ee${digits}`;
    const { results } = await said(["verify", link]);
    for (const { code, stdout, stderr } of results) {
      expect([code, new KeyScan([digits]).findIn(stdout + stderr)]).toEqual([3, []]);
    }
  });
});

describe("what was typed in the wrong place is not repeated where it may be a key, by", () => {
  const digits = randomBytes(16).toString("hex");
  const typed = `dd${digits}`;
  const link = `tg://proxy?server=127.0.0.1&port=443&secret=${typed}`;
  test.each(
    [
      [typed],
      [link],
      ["verify", typed],
      ["verify", `tg:proxy&${typed}`],
      ["verify", `https://example.com/proxy?server=a&port=1&secret=${typed}`],
      ["verify", `tg://proxy?server=${typed}&port=1&secret=a`],
      ["verify", "--via", `127.0.0.1:${typed}`],
      ["verify", "--timeout", typed],
      ["show", typed],
      ["show", link],
      ["remove-user", typed],
      ["disable-user", typed],
      ["regenerate-user-secret", typed],
      ["add-user", typed],
      ["add-user", link],
      ["add-user", "eve", "--fake-tls", typed],
      ["add-user", "eve", typed],
      ["vless-user", typed],
      ["setup", "--mode", typed],
      ["setup", "--engine", typed],
      ["setup", "--port", typed],
      ["setup", "--port-range", typed],
      ["setup", "--public-host", typed],
      ["setup", "--egress-ipv4", typed],
      ["setup", "--cover-domain", typed],
      ["setup", "--users-lock", typed],
      ["setup", "--proxy-secret-url", typed],
      ["setup", "--datacenter", typed],
      ["setup", `--${typed}`],
      ["image", "probe", `-${typed}`],
      ["import", typed],
      ["import", link],
      ["import", "x", "--from", typed],
      ["backup", "restore", typed],
      ["backup", "create", "--passphrase-file", typed],
    ].map((args) => ({ args })),
  )("$args", async ({ args }) => {
    const { results } = await said(args);
    for (const { code, stdout, stderr } of results) {
      expect(code).not.toBe(0);
      expect(stdout + stderr).not.toContain(digits.slice(0, 16));
      expect(stdout + stderr).not.toContain(digits.slice(16));
    }
  });
});

describe("no key is in what is said of a broken file", () => {
  const files = [
    "data/users.json",
    "config/mtproxy/shards.json",
    "mtproxy/trial.json",
    "config/mtproxy/mtproxy_secrets.json",
  ] as const;
  const texts = new Map<string, string>();
  beforeAll(async () => {
    for (const file of files) texts.set(file, await readFile(home().path(file), "utf8").catch(() => ""));
  });
  const restore = async () => {
    for (const [file, text] of texts) if (text !== "") await writeFile(home().path(file), text);
  };
  afterAll(restore);

  test.each([
    ["data/users.json", (text: string) => text.slice(0, -30)],
    ["data/users.json", (text: string) => text.replace(/"(dd[0-9a-f]{32})"/, '"$1" "$1"')],
    ["data/users.json", (text: string) => text.replace(/"(dd[0-9a-f]{32})"/, "$1")],
    ["data/users.json", (text: string) => text.replace(/"(dd[0-9a-f]{32})"/, '"$1$1"')],
    [
      "data/users.json",
      (text: string) => text.replace(/"mtproxy_secret": "(dd[0-9a-f]{32})"/, '"mtproxy_secret": ["$1"]'),
    ],
    ["data/users.json", (text: string) => text.replace(/"username": "alice"/, '"username": "bob"')],
    ["config/mtproxy/shards.json", (text: string) => text.slice(0, -30)],
    ["config/mtproxy/shards.json", (text: string) => text.replace(/"key": "([0-9a-f]{32})"/, '"key": "$1$1"')],
    [
      "config/mtproxy/shards.json",
      (text: string) => text.replace(/"key": "([0-9a-f]{32})",\s*"holder": "\w+"/, '"key": "$1", "holder": {"$1": 1}'),
    ],
    ["config/mtproxy/shards.json", (text: string) => text.replace(/"key": "([0-9a-f]{32})"/, '"$1": "$1"')],
  ])("%s with %s", async (file, spoil) => {
    const whole = texts.get(file) ?? "";
    const spoilt = spoil(whole);
    expect(spoilt).not.toBe(whole);
    await writeFile(home().path(file), spoilt);
    const commands = [
      ["list-users", "--debug"],
      ["status", "--json"],
      ["add-user", "new", "--json", "--debug"],
    ];
    const results = await Promise.all(commands.map((args) => home().run(args)));
    await restore();
    expect(results.map(({ code }) => code)).toContain(3);
    expect(results.flatMap(({ stdout, stderr }) => scan.findIn(stdout + stderr))).toEqual([]);
  });
});

test("no key is in any log, lock or record, nor in a file that is not for keys", async () => {
  await home().mtproxy("restart");
  await noteKeys();
  const holding = /(users|shards|trial|mtproxy_secrets)\.json$|clients\/(_shared\/)?[^/]+\/mtproxy_/;
  const leaks: string[] = [];
  for (const entry of await readdir(home().home, { recursive: true, withFileTypes: true })) {
    const path = `${entry.parentPath}/${entry.name}`;
    if (!entry.isFile() || holding.test(path)) continue;
    if (scan.findIn(await readFile(path, "latin1")).length > 0) leaks.push(path);
  }
  expect(leaks).toEqual([]);
  expect(scan.findIn(await readFile(home().path("logs/mtproxy/trial-server.log"), "latin1"))).toEqual([]);
});

test("no key is in the arguments or the environment of the proxy", async () => {
  const { pid } = JSON.parse(await readFile(home().path("mtproxy/run/trial-server.json"), "utf8")) as { pid: number };
  const seen = await Promise.all(["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "latin1")));
  expect(seen[0]).toContain("trial-server");
  expect(scan.findIn(seen.join())).toEqual([]);
});
