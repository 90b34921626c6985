import { chmod, mkdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CliResult } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";

const FILES = {
  users: "data/users.json",
  settings: "config/mtproxy/mtproxy_config.json",
  shards: "config/mtproxy/shards.json",
  shared: "config/mtproxy/mtproxy_secrets.json",
  channel: "config/mtproxy/promoted_channel.json",
  engine: "config/mtproxy/engine.json",
  domains: "config/mtproxy/fake_tls_domains.txt",
} as const;
type File = keyof typeof FILES;

const home = sharedCliHome();
beforeAll(async () => {
  await home().add("resident");
});
const pathOf = (file: File) => home().path(FILES[file]);

/** What the files held before a test spoilt them; undefined for none. */
const originals = new Map<string, Buffer | undefined>();

async function spoil(file: File, content: string | Uint8Array): Promise<void> {
  const path = pathOf(file);
  if (!originals.has(path)) originals.set(path, await readFile(path).catch(() => undefined));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function original(file: File): Promise<string> {
  return readFile(pathOf(file), "utf8");
}

afterEach(async () => {
  for (const [path, content] of originals) {
    if (content === undefined) await rm(path, { force: true });
    else await writeFile(path, content);
  }
  originals.clear();
});

/** Commands that read everything: one that would write, unless others are named. */
function tryAll(commands: readonly string[][] = [["add-user", "newcomer"]]): Promise<CliResult[]> {
  return Promise.all(commands.map((args) => home().run([...args, "--json"])));
}

/** Every command stops with 3, names the path and what is wrong, and touches nothing. */
async function expectRefusal(file: File, says: string | RegExp, commands?: readonly string[][]): Promise<void> {
  const before = await readFile(pathOf(file));
  for (const { code, json, stderr } of await tryAll(commands)) {
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
    expect(json).toMatchObject({ ok: false, data: null, error: { kind: "invalid" } });
    expect(json.error?.message).toContain(pathOf(file));
    expect(json.error?.message).toMatch(says);
    expect(json.error?.hint).toMatch(/nothing was changed|use the mtproxy that wrote it/);
  }
  expect(Buffer.compare(await readFile(pathOf(file)), before)).toBe(0);
}

const HTML = "<!DOCTYPE html>\n<html><head><title>302 Found</title></head></html>\n";
const BINARY = Uint8Array.from({ length: 300 }, (_, index) => index % 256);

describe.each(["users", "settings", "shards", "shared", "channel", "engine"] as const)("%s that is", (file) => {
  test.each([
    { what: "cut off", content: '{"version": 1, "users": [{"usern', says: "it ends too early, something cut it off" },
    { what: "empty", content: "", says: "it is empty" },
    { what: "a web page", content: HTML, says: "is a web page" },
    { what: "binary", content: BINARY, says: "is not a text file" },
    { what: "UTF-16", content: Buffer.from('{"users":[]}', "utf16le"), says: "is not a text file" },
    { what: "a list", content: "[1, 2]", says: /must be an object/ },
    { what: "a number", content: "12345678901234567890", says: /must be an object/ },
    { what: "two documents", content: '{"users": []}\n{"users": []}\n', says: "look at line 2, column 1" },
  ])("$what stops every command and stays as it is", async ({ content, says }) => {
    await spoil(file, content);
    await expectRefusal(file, says);
  });
});

test("a file that is far too big is not even read", async () => {
  await spoil("shards", "");
  await truncate(pathOf("shards"), 3_000_000_000);
  const results = await tryAll([["status"], ["add-user", "newcomer"]]);
  for (const { code, json } of results) {
    expect(code).toBe(3);
    expect(json.error?.message).toContain("has 3000000000 bytes, a file of ours never has more than");
  }
  expect((await stat(pathOf("shards"))).size).toBe(3_000_000_000);
});

describe("users.json with", () => {
  const withUser = (fields: object) => JSON.stringify({ users: [{ username: "alice", ...fields }] });
  test.each([
    { what: "a list that is none", text: '{"users": {"alice": {}}}', says: /must have a list in its field "users"/ },
    {
      what: "a secret that is a number",
      text: withUser({ mtproxy_secret: 7 }),
      says: /"users\[0\]\.mtproxy_secret" must be/,
    },
    {
      what: "a secret that is too short",
      text: withUser({ mtproxy_secret: `dd${"0".repeat(28)}` }),
      says: /mtproxy_secret" must be .* dd and 32 hex digits/,
    },
    {
      what: "a secret that is a word",
      text: withUser({ mtproxy_secret: "swordfish!" }),
      says: /mtproxy_secret" must be/,
    },
    {
      what: "a switch that is a word",
      text: withUser({ mtproxy_enabled: "yes" }),
      says: /"users\[0\]\.mtproxy_enabled" must be true or false/,
    },
    {
      what: "a domain that is a list",
      text: withUser({ mtproxy_fake_tls_domain: [] }),
      says: /mtproxy_fake_tls_domain" must be a text/,
    },
    {
      what: "two secrets for one name",
      text: JSON.stringify({
        users: ["alice", "ALICE"].map((username, index) => ({
          username,
          mtproxy_secret: `dd${String(index).repeat(32)}`,
        })),
      }),
      says: /a mtproxy_secret for "ALICE" twice, in users\[0\] and users\[1\]/,
    },
  ])("$what is refused with the field", async ({ text, says }) => {
    await spoil("users", text);
    await expectRefusal("users", says, [["list-users"], ["add-user", "newcomer"], ["disable-user", "alice"]]);
  });

  test("fields of others that are anything at all is none of our business", async () => {
    const theirs = { uuid: 7, proxy_password: [], traffic: "many", enabled: "perhaps", mtproxy_limits: { a: 1 } };
    await spoil("users", JSON.stringify({ version: "x", users: [{ username: "vera", ...theirs }], more: [null] }));
    const { code, json } = await home().mtproxy("list-users", "--json");
    expect([code, (json.data as { users: unknown[] }).users]).toEqual([
      0,
      [expect.objectContaining({ username: "vera", vless: false, socks: false, mtproxy: false })],
    ]);
  });

  test("a file that comes back within two seconds is waited for", async () => {
    const whole = await original("users");
    await spoil("users", whole.slice(0, 20));
    const looking = home().mtproxy("list-users", "--json");
    await writeFile(pathOf("users"), whole);
    expect((await looking).code).toBe(0);
  });
});

describe("mtproxy_config.json with", () => {
  test.each([
    ["port", 0, "a port from 1 to 65535"],
    ["port", "8443", "a port from 1 to 65535"],
    ["port_range", "9-1", "is not a port range"],
    ["public_host", "a b", "is no address"],
    ["public_host", "localhost", "is no address"],
    ["public_host", "999.1.1.1", "is no address"],
    ["egress_ipv4", "1.2.3", "an IPv4 address"],
    ["egress_ipv4", "999.1.1.1", "an IPv4 address"],
    ["workers", 257, "a whole number from 0 to 256"],
    ["engine", "podman", "one of docker, trial"],
    ["routing", 1, "one of direct, edge"],
    ["image", "--privileged", "is not the name of an image"],
    ["default_mode", "dd", "one of plain, padded, fake-tls"],
    ["default_cover_domain", "a b", "is not a domain name"],
    ["max_connections", -1, "a whole number from 64"],
    ["max_connections", 63, "a whole number from 64"],
    ["stats_port", 70000, "a port from"],
    ["stats_port", 8443, "where clients come in"],
    ["proxy_secret_urls", ["x"], "is not an address to download from"],
    ["proxy_config_urls", ["file:///etc/passwd"], "is not an address to download from"],
    ["users_lock", "relative", "an absolute path"],
    ["users_write", "never", "one of auto, in-place, rename"],
    ["trial_datacenters", { 2: 7 }, "an object from datacenter ids to host:port"],
    ["trial_datacenters", { two: "127.0.0.1:1" }, "is not a datacenter"],
    ["trial_datacenters", { 2: "127.0.0.1:70000" }, "is not a port"],
    ["version", 2, "this mtproxy knows up to 1"],
  ])("%s: %j is refused with the field", async (field, value, says) => {
    await spoil("settings", JSON.stringify({ ...JSON.parse(await original("settings")), [field]: value }));
    await expectRefusal("settings", says.includes("knows") ? says : new RegExp(`"${field}" must be .*${says}`), [
      ["status"],
    ]);
  });

  test("fields of a later version keeps them when it is written", async () => {
    await spoil("settings", JSON.stringify({ ...JSON.parse(await original("settings")), later: { x: [1] } }));
    expect((await home().mtproxy("setup", "--no-start", "--max-connections", "999")).code).toBe(0);
    expect(JSON.parse(await original("settings"))).toMatchObject({ later: { x: [1] }, max_connections: 999 });
  });
});

describe("shards.json with", () => {
  const shard = { id: 1, family: "any", port: 8443, slots: [{ key: "0".repeat(32), holder: "alice" }] };
  const book = { version: 1, salt: "ab".repeat(32), retired_ports: [], shards: [shard] };
  test.each([
    { book: { ...book, salt: undefined }, says: '"salt" is missing; it must be 64 hex digits' },
    { book: { ...book, retired_ports: ["x"] }, says: '"retired_ports" must be' },
    { book: { ...book, shards: {} }, says: '"shards" must be a list' },
    { book: { ...book, shards: [shard, shard] }, says: '"shards" has the same id twice' },
    { book: { ...book, shards: [shard, { ...shard, id: 2 }] }, says: '"shards" has the same port twice' },
    { book: { ...book, shards: [shard, { ...shard, id: 2, port: 2 }] }, says: '"shards" has the same key twice' },
    { book: { ...book, shards: [{ ...shard, family: "dd" }] }, says: '"shards[0].family" must be one of' },
    { book: { ...book, shards: [{ ...shard, slots: [{ key: "dd" }] }] }, says: '"shards[0].slots[0].key" must be' },
    {
      book: { ...book, shards: [{ ...shard, slots: [{ ...shard.slots[0], holder: "../x" }] }] },
      says: '"shards[0].slots[0].holder" must be a user name',
    },
    { book: { ...book, shards: [{ ...shard, pinned: { "a.b": "host" } }] }, says: '"shards[0].pinned" must be' },
    {
      book: { ...book, shards: [{ ...shard, pinned: { "a.b": "999.1.1.1" } }] },
      says: '"shards[0].pinned" must be an object, each value an IPv4 address, but "999.1.1.1" is not an IPv4 address',
    },
  ])("$says", async ({ book: content, says }) => {
    await spoil("shards", JSON.stringify(content));
    const before = await original("shards");
    for (const { code, json } of await tryAll([["list-users"], ["status"]])) {
      expect(code).toBe(3);
      expect(json.error?.message).toContain(`${pathOf("shards")}: ${says}`);
    }
    expect(await original("shards")).toBe(before);
  });
});

describe("fake_tls_domains.txt", () => {
  test.each([
    {
      what: "a line that is no domain",
      text: "google.com\n\nhttps://example.com/\n",
      says: /line 3: "https:\/\/example.com\/" is not a domain/,
    },
    { what: "a web page", text: HTML, says: /is a web page/ },
    { what: "binary", text: BINARY, says: /is not a text file/ },
  ])("with $what is refused with the line", async ({ text, says }) => {
    await spoil("domains", text);
    await expectRefusal("domains", says);
  });

  test("with comments, blanks, CRLF and a byte order mark is understood", async () => {
    await spoil("domains", "\uFEFF# ours\r\n\r\nown.example # best\r\nGOOGLE.com\r\n");
    const { code, json } = await home().mtproxy("add-user", "mark", "--fake-tls", "--dry-run", "--json");
    expect([code, (json.data as { domain: string }).domain]).toEqual([0, "own.example"]);
  });

  test("that is empty says how to fill it", async () => {
    await spoil("domains", "# nothing\n");
    const { code, stderr } = await home().mtproxy("add-user", "mark", "--fake-tls");
    expect([code, stderr]).toEqual([3, expect.stringContaining("the list of cover domains is empty")]);
  });
});

describe("a state file that cannot be read or replaced", () => {
  test("because it is a folder is named, with exit code 6", async () => {
    const path = home().path(FILES.shared);
    await mkdir(path);
    const { code, json } = await home().mtproxy("status", "--json");
    await rm(path, { recursive: true });
    expect(code).toBe(6);
    expect(json.error).toMatchObject({ kind: "environment", message: expect.stringContaining(path) });
  });

  test("because its link leads in a circle is named, with exit code 6", async () => {
    const path = home().path(FILES.shared);
    await symlink(path, path);
    const { code, json } = await home().mtproxy("status", "--json");
    await rm(path);
    expect([code, json.error?.message]).toEqual([6, expect.stringContaining(path)]);
  });

  test("users.json that everybody may read is used, and said to be", async () => {
    await chmod(pathOf("users"), 0o644);
    const { code, json } = await home().mtproxy("list-users", "--json");
    await chmod(pathOf("users"), 0o600);
    expect([code, json.warnings]).toEqual([0, [expect.stringContaining(`chmod 600 ${pathOf("users")}`)]]);
  });
});
