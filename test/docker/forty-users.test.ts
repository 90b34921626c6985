import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifiedLink } from "../../src/app/people/verify-links.ts";
import { buildProgram } from "../../src/cli.ts";
import type { CliCommand } from "../../src/commands/command.ts";
import { captureTls } from "../support/capture.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, linkOf } from "../support/docker-cli-home.ts";
import { inParallel } from "../support/in-parallel.ts";
import { KeyScan } from "../support/key-scan.ts";
import { canRun, isRoot } from "../support/machine.mts";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";

/** Twenty padded, ten a cover domain: two shards of the one kind, and one a domain since running ones take no new domain. */
const wishes = Array.from({ length: 40 }, (_, index) => {
  const name = `user-${String(index + 1).padStart(2, "0")}`;
  return index % 2 === 0 ? [name] : [name, "--fake-tls", coverDomains[index % 4 === 1 ? 0 : 1]];
});

let home: DockerCliHome;
const cards: UserCardJson[] = [];

beforeAll(async () => {
  home = await dockerCliHome();
  // One of each kind first: side by side the two domains would go to one new shard.
  for (const wish of wishes.slice(0, 4)) cards.push(await home.add(...wish));
  cards.push(...(await inParallel(wishes.slice(4), 5, (wish) => home.add(...wish))));
});
afterAll(() => home?.dispose());

const keyOf = (card: UserCardJson) => linkOf(card).secret.key.reveal();

describe("forty users, half padded, half fake-TLS over two cover domains", () => {
  it("have links that all pass verify, with both hellos where there is one", async () => {
    const { code, json } = await home.mtproxy("verify");
    const { links } = json.data as { links: VerifiedLink[] };
    expect(links.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(links.map(({ name, port, domain }) => [name, port, domain]).sort()).toEqual(
      cards.map(({ username, port, domain }) => [username, port, domain]),
    );
    expect(links.filter(({ attempts }) => attempts.length === 2)).toHaveLength(20);
  });

  it.each(mtcuteVersions)("have links that the Telegram client library %s connects with", async (version) => {
    const forwarded = home.telegram.requests.length;
    await inParallel(cards, 4, ({ link }) => connectMtcute(version, link, { timeoutMs: 30_000 }));
    expect(home.telegram.requests.length).toBeGreaterThanOrEqual(forwarded + cards.length);
  });

  it("are served by processes of at most 16 keys and one family each", async () => {
    const running = await home.proxies();
    const ports = new Map((await home.containers()).map(({ name, port }) => [name, port]));
    expect(running).toHaveLength(4);
    for (const { name, keys, domains } of running) {
      expect(keys.length, name).toBeGreaterThan(0);
      expect(keys.length, name).toBeLessThanOrEqual(16);
      expect(await home.lines(name, "keys")).toEqual(keys);
      const here = cards.filter((card) => keys.includes(keyOf(card)));
      expect(new Set(here.map(({ port }) => port)), name).toEqual(new Set([ports.get(name)]));
      expect(new Set(here.map(({ mode }) => mode))).toEqual(new Set([domains.length > 0 ? "fake-tls" : "padded"]));
      for (const { domain } of here) expect([undefined, ...domains]).toContain(domain ?? undefined);
    }
    expect(cards.map(keyOf).filter((key) => !running.some(({ keys }) => keys.includes(key)))).toEqual([]);
  });

  it.runIf(isRoot && canRun("tshark"))("look like TLS with their cover domain to whoever watches", async () => {
    const card = cards.find(({ domain }) => domain === coverDomains[1]);
    if (card?.port == null) return expect.fail("there is a user of the second domain");
    const { link, port } = card;
    const packets = await captureTls(
      port,
      () => connectMtcute("0.30.3", link),
      (seen) => ["22", "20", "23"].every((type) => seen.some(({ records }) => records.split(",").includes(type))),
    );
    const hellos = packets.filter(({ handshakes }) => handshakes === "1");
    expect(new Set(hellos.map(({ serverName }) => serverName))).toEqual(new Set([coverDomains[1]]));
    expect(hellos.every(({ records }) => records === "22")).toBe(true);
    expect(packets.map(({ handshakes }) => handshakes)).toContain("2");
  });

  describe("and then some removed, some disabled", () => {
    const [removed, disabled] = [
      ["user-01", "user-02"],
      ["user-03", "user-04"],
    ];
    beforeAll(async () => {
      for (const name of removed ?? []) expect((await home.mtproxy("remove-user", name, "--yes")).code).toBe(0);
      for (const name of disabled ?? []) expect((await home.mtproxy("disable-user", name)).code).toBe(0);
    });

    it("lock those out of verify and of the client library, and nobody else", async () => {
      const dead = cards.filter(({ username }) => [...(removed ?? []), ...(disabled ?? [])].includes(username));
      expect(dead).toHaveLength(4);
      const { code, json } = await home.mtproxy("verify", ...dead.map(({ link }) => link));
      const { links } = json.data as { links: VerifiedLink[] };
      expect(code).toBe(9);
      const faults = links.flatMap(({ attempts }) => attempts.map(({ ok, fault }) => [ok, fault]));
      expect(faults).toEqual(faults.map(() => [false, "key-not-live"]));
      const connected = await inParallel(dead, 4, async ({ username, link }) =>
        Promise.all(
          mtcuteVersions.map((version) =>
            connectMtcute(version, link, { timeoutMs: 3000 }).then(
              () => `${username} with ${version}`,
              () => undefined,
            ),
          ),
        ),
      );
      expect(connected.flat().filter((it) => it !== undefined)).toEqual([]);
      const living = await home.mtproxy("verify");
      expect(living.json.data).toMatchObject({ working: 36, failing: 0, disabled });
    });

    it("leave no key in what the engine, the files and the commands show", async () => {
      const scan = new KeyScan(await everyKey());
      const docker = new Docker();
      for (const { name } of await home.containers()) {
        expect(scan.findIn(JSON.stringify(await docker.getContainer(name).inspect())), name).toEqual([]);
        const { all: log } = await execa("docker", ["logs", name], { all: true });
        expect(scan.findIn(log), `log of ${name}`).toEqual([]);
        const environment = await execa("docker", ["exec", name, "/bin/sh", "-c", "cat /proc/[0-9]*/environ"], {
          reject: false,
        });
        expect(scan.findIn(environment.stdout), `environment of ${name}`).toEqual([]);
      }
      const open = await filesWithKeys(scan);
      expect(open.filter(({ mode }) => mode !== 0o600)).toEqual([]);
      expect(open.map(({ path }) => path)).toContain("mtproxy/familytraffic-mtproxy/keys");
      expect(open.map(({ path }) => path)).not.toContain("mtproxy/docker-compose.yml");
    });

    it("leave no key in what commands print that are not there to show one", async () => {
      const scan = new KeyScan(await everyKey());
      expect(Object.keys(typed).sort(), "a command is missing here, or is gone").toEqual(nonRevealing().sort());
      for (const [command, args] of Object.entries(typed)) {
        const words = command.split(" ");
        const { code, stdout, stderr } = await home.run([...words, ...args, "--yes", "--json", "--debug"]);
        expect(code, `${command}: ${stderr}`).not.toBe(1);
        expect(scan.findIn(stdout + stderr), command).toEqual([]);
      }
    }, 300_000);
  });
});

/** Arguments for every command that is not there to show a key. */
const typed: Readonly<Record<string, readonly string[]>> = {
  "remove-user": ["user-05"],
  "list-users": [],
  "enable-user": ["user-03"],
  "disable-user": ["user-06"],
  "list-user-secrets": [],
  plan: [],
  apply: ["--dry-run"],
  status: [],
  verify: ["user-08", "user-07"],
  restart: ["--dry-run"],
  stop: ["--dry-run"],
  start: ["--dry-run"],
  "refresh-config": ["--dry-run"],
  "image probe": [],
  "vless-user list": [],
  "vless-user remove": ["user-06", "--dry-run"],
  "set-user": ["user-08", "--note", "x", "--dry-run"],
  "set-limit": ["user-08", "--addresses", "3", "--dry-run"],
  agent: ["3"],
  daemon: [],
  "enable-haproxy-routing": ["--dry-run"],
  "disable-haproxy-routing": ["--dry-run"],
  "list-secrets": [],
  "remove-secret": ["1", "--dry-run"],
  "list-fake-tls-domains": [],
  "add-fake-tls-domain": ["third.example", "--no-check", "--dry-run"],
  "remove-fake-tls-domain": ["first.example", "--dry-run"],
  "check-domain": ["first.example", "--address", "127.0.0.1", "--port", "1"],
  "relay render": ["--to", "192.0.2.7:443", "--dry-run"],
  "relay start": ["--to", "192.0.2.7:443", "--dry-run"],
  "relay stop": ["--dry-run"],
  "relay status": [],
  "set-cover-site": ["--domains", "--dry-run"],
  "setup-promoted-channel": [],
  "set-promoted-channel": ["0f".repeat(16), "--dry-run"],
  "show-promoted-channel": [],
  "remove-promoted-channel": ["--dry-run"],
  uninstall: ["--purge", "--dry-run"],
  "config show": [],
  "config set": ["max_connections", "400", "--dry-run"],
  "set-port": ["443", "--dry-run"],
  "set-host": ["192.0.2.9", "--dry-run"],
  "set-workers": ["1", "--dry-run"],
  tick: ["--dry-run"],
  stats: [],
  "stats-api start": ["--dry-run"],
  "stats-api stop": [],
  "stats-api status": [],
  "stats-api rotate-token": ["--dry-run"],
  "export-report": [],
  logs: [],
  history: [],
  "alerts show": [],
  "alerts set": ["--language", "en", "--dry-run"],
  "alerts add": ["email", "--to", "root", "--dry-run"],
  "alerts remove": ["email", "--dry-run"],
  "alerts test": [],
  "alerts history": [],
  doctor: [],
  "image list": [],
  "image use": ["no/such:image", "--dry-run"],
  completion: ["bash"],
  schema: ["list-users"],
  complete: ["--", "show-user-config", "user"],
  "backup create": ["--dry-run"],
  "backup list": [],
  "backup restore": ["/no/such/file"],
  import: ["/no/such/file", "--dry-run"],
  export: [],
};

function nonRevealing(): string[] {
  const leaves = (command: CliCommand): CliCommand[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap((below) => leaves(below as CliCommand));
  return leaves(buildProgram("mtproxy"))
    .filter(({ isRevealing }) => !isRevealing)
    .map(({ path }) => path);
}

/** Everybody's, those that nobody has yet, and those that stand in for a disabled user's. */
async function everyKey(): Promise<Set<string>> {
  const keys = new Set(cards.map(keyOf));
  for (const { name } of await home.containers()) for (const key of await home.lines(name, "keys")) keys.add(key);
  const book = await readFile(home.path("config/mtproxy/shards.json"), "utf8");
  for (const [, key = ""] of book.matchAll(/"([0-9a-f]{32})"/g)) keys.add(key);
  expect(keys.size).toBeGreaterThan(64);
  return keys;
}

async function filesWithKeys(scan: KeyScan): Promise<{ path: string; mode: number }[]> {
  const entries = await readdir(home.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(
    files.map(async (path) => {
      const holds = scan.findIn(await readFile(path, "latin1")).length > 0;
      return holds ? [{ path: path.slice(home.home.length + 1), mode: (await stat(path)).mode & 0o777 }] : [];
    }),
  );
  return found.flat();
}
