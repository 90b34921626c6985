import { watch as watchFolder } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Sums } from "../../src/domain/account.ts";
import type { LedgerState } from "../../src/domain/ledger.ts";
import { askHaproxy } from "../../src/edge/runtime/ask.ts";
import { homePaths } from "../../src/state/paths.ts";
import { coverDomains, type DockerCliHome } from "../support/docker-cli-home.ts";
import { haproxyImage } from "../support/docker-image.ts";
import { newCertificate } from "../support/edge/certificate.ts";
import { DockerCrowd, type Person } from "../support/edge/docker-crowd.ts";
import { canRun, isRoot } from "../support/machine.mts";

/** Of HAProxy: `MTPROXY_TEST_HAPROXY=3.0` takes another one. */
const version = process.env.MTPROXY_TEST_HAPROXY ?? "2.6";
const domain = coverDomains[0];
const list = Array.from({ length: 50 }, (_, index) => {
  const name = `u${String(index + 1).padStart(2, "0")}`;
  return index < 25 ? `${name},padded` : `${name},fake-tls,${domain}`;
}).join("\n");

let crowd: DockerCrowd;
let home: DockerCliHome;
let atStart = new Map<string, Sums>();
const log = () => readFile(join(home.folder, "root/var/log/haproxy-mtproxy.log"), "utf8");

beforeAll(async () => {
  crowd = await DockerCrowd.start(list, await haproxyImage(version), async (bare) => {
    home = bare;
    await mkdir(join(home.folder, "root/var/log"), { recursive: true });
    await renewCertificate();
    const files = ["certificate", "key"].flatMap((name) => [`--${name}`, join(home.folder, `${name}.pem`)]);
    expect((await home.mtproxy("set-cover-site", ...files)).code).toBe(0);
  });
});
afterAll(() => crowd?.dispose());

/** What an admin's tool does with the files of the cover site. */
const renewCertificate = () => newCertificate(domain, home.folder);

async function command(...args: string[]) {
  const result = await home.mtproxy(...args);
  expect(result.code, `${args.join(" ")}: ${result.stdout}${result.stderr}`).toBe(0);
  return result.json.data;
}

function browse(): Promise<TLSSocket> {
  return new Promise((done, fail) => {
    const socket = connectTls({ host: "127.0.0.1", port: home.port, servername: domain, rejectUnauthorized: false });
    socket.once("secureConnect", () => done(socket)).once("error", fail);
  });
}

const others = (...without: Person[]) => crowd.people.filter((person) => !without.includes(person));
const openOf = (people: readonly Person[]) =>
  people.reduce((all, { clients }) => all + clients.filter(({ wire }) => !wire.isClosed).length, 0);

/** Everybody but these goes on: their clients are open, and each is answered. */
async function expectOthersServed(...without: Person[]): Promise<void> {
  const rest = others(...without);
  const count = openOf(rest);
  expect(await crowd.ask(rest)).toEqual({ answered: count });
}

/** What this process and the commands that it starts do goes before what else the machine does, which is no delay of ours. */
async function urgently<T>(work: () => Promise<T>): Promise<T> {
  prefer(constants.priority.PRIORITY_HIGHEST);
  try {
    return await work();
  } finally {
    prefer(constants.priority.PRIORITY_NORMAL);
  }
}

/** Where that is not allowed, everything is measured beside the rest. */
function prefer(priority: number): void {
  try {
    setPriority(priority);
  } catch {}
}

/** Milliseconds from when the state says so to the end of the person's last connection: the command goes on a little. */
async function disable(person: Person): Promise<number> {
  const open = person.clients.filter(({ wire }) => !wire.isClosed);
  let written = Number.NaN;
  const watcher = watchFolder(home.path("data"), (_, name) => {
    if (name === "users.json") written = performance.now();
  });
  const closing = open.map(async ({ wire }) => {
    const isClosed = (await wire.closing(20_000)) !== undefined;
    return isClosed ? performance.now() : Number.NaN;
  });
  await urgently(() => command("disable-user", person.card.username));
  watcher.close();
  return Math.max(...(await Promise.all(closing))) - written;
}

/** Disables somebody while everybody is connected: theirs are closed, nobody else's, and nothing is started anew. */
async function expectOnlyTheirsClosed(person: Person): Promise<void> {
  const before = await home.containers();
  const count = openOf(others(person));
  expect(await disable(person)).toBeLessThan(1000);
  expect(openOf(others(person))).toBe(count);
  await expectOthersServed(person);
  expect(await home.containers()).toEqual(before);
}

/** Clients of somebody's who come one after the other until the work is over, and what HAProxy recorded of them. */
async function comingAndGoing(people: readonly Person[], work: () => Promise<void>): Promise<Record<string, number>> {
  const before = (await crowd.records()).length;
  let [isOver, count] = [false, 0];
  const come = async (person: Person) => {
    while (!isOver) {
      count += 1;
      const client = await crowd.knock(person, person.address).catch(() => undefined);
      await client?.ask();
      client?.close();
    }
  };
  const coming = Promise.all(people.map(come));
  await work();
  isOver = true;
  await coming;
  return verdicts(before, count);
}

/** How often each verdict stands in the records from `from` on, once there are so many. */
async function verdicts(from: number, count: number): Promise<Record<string, number>> {
  const news = async () => (await crowd.records()).slice(from);
  await expect.poll(async () => (await news()).length, { timeout: 40_000 }).toBeGreaterThanOrEqual(count);
  const counts: Record<string, number> = {};
  for (const { verdict = "" } of await news()) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** Bytes and connections of everybody in the ledger that the daemon wrote. */
async function ledger(): Promise<Map<string, Sums>> {
  const { accounts } = JSON.parse(await readFile(home.path("data/mtproxy_ledger.json"), "utf8")) as LedgerState;
  return new Map(crowd.people.map(({ card: { username } }) => [username, accounts[username]?.total ?? [0, 0, 0]]));
}

/** The same once the daemon has written down what it knows. */
async function saved(): Promise<Map<string, Sums>> {
  await crowd.end("daemon", "SIGTERM");
  await crowd.serve("daemon");
  return ledger();
}

/** What clients carried since the scene began: `add-user` tried every link before. */
const booked = async () =>
  Object.fromEntries(
    [...(await ledger())].map(([name, sums]) => [name, sums.map((sum, at) => sum - (atStart.get(name)?.[at] ?? 0))]),
  );

describe(`fifty people on four shards, five hundred connections, HAProxy ${version}`, () => {
  it("closes exactly the connections of who is disabled, within a second, and starts nothing anew", async () => {
    await expectNothingOpen();
    const before = (await crowd.records()).filter(({ server }) => server?.startsWith("users/")).length;
    const ended = (sums: Map<string, Sums>) => [...sums.values()].reduce((all, [, , count]) => all + count, 0);
    await expect.poll(async () => ended(await saved()), { timeout: 20_000, interval: 1000 }).toBe(before);
    atStart = await ledger();
    await crowd.joinAll(crowd.people, 10);
    expect((await home.containers()).map(({ running }) => running)).toEqual([true, true, true, true, true]);
    await expectOnlyTheirsClosed(crowd.person(1));
  });

  it("takes over a renewed certificate when the timer looks, and cuts nobody", async () => {
    const reader = await browse();
    await renewCertificate();
    await command("tick");
    const other = await browse();
    expect(other.getPeerX509Certificate()?.fingerprint256).not.toBe(reader.getPeerX509Certificate()?.fingerprint256);
    const answer = new Promise((done) => reader.once("data", (chunk) => done(String(chunk).split("\r\n")[0])));
    reader.write(`GET / HTTP/1.1\r\nHost: ${domain}\r\n\r\n`);
    expect(await answer).toBe("HTTP/1.1 200 OK");
    for (const socket of [reader, other]) socket.destroy();
    expect((await (await crowd.haproxy()).processes()).oldWorkers).toHaveLength(1);
    await expectOthersServed();
  });

  it("does so in the worker of before that reload, with the daemon and an agent killed", async () => {
    await crowd.end("daemon");
    try {
      await crowd.joinAll([crowd.person(2), crowd.person(27)], 2);
      await expectOnlyTheirsClosed(crowd.person(2));
      await crowd.end("agent 1");
      await crowd.joinAll(crowd.people.slice(20, 35), 1);
      await expectOnlyTheirsClosed(crowd.person(27));
    } finally {
      await Promise.all([crowd.serve("agent 1"), crowd.serve("daemon")]);
    }
    for (const { clients } of crowd.people) clients[0]?.close();
    await crowd.end("daemon");
    for (const { clients } of crowd.people) clients[1]?.close();
    await crowd.serve("daemon");
  });

  it("lets exactly so many connections in, one more when that is raised, and cuts nobody for it", async () => {
    const person = crowd.person(3);
    for (const client of person.clients) client.close();
    await command("set-limit", "u03", "--connections", "3");
    await crowd.joinAll([person], 3);
    await expectRefused(person, person.address);
    await command("set-limit", "u03", "--connections", "4");
    await crowd.join(person);
    await expectRefused(person, person.address);
    expect(await crowd.ask([person])).toEqual({ answered: 4 });
  });

  it.runIf(isRoot && canRun("ip"))(
    "counts distinct addresses, IPv4 and IPv6, and writes each down as it is",
    async () => {
      const person = crowd.person(8);
      const guest = "fd4d:7470::8";
      await execa("ip", ["address", "add", `${guest}/128`, "dev", "lo"]);
      onTestFinished(async () => void (await execa("ip", ["address", "del", `${guest}/128`, "dev", "lo"])));
      await command("set-limit", "u08", "--addresses", "3");
      const held = [await crowd.join(person, "127.0.3.1"), await crowd.join(person, guest)];
      await expectRefused(person, "127.0.3.2");
      for (const address of [guest, "127.0.3.1", person.address]) held.push(await crowd.join(person, address));
      for (const client of held) client.close();
      for (const address of [guest, "127.0.3.1"])
        await expect.poll(log).toContain(` from=${address} user=u08 verdict=ok why=ok `);
      await expect.poll(log).toContain(" from=127.0.3.2 user=u08 verdict=addresses ");
    },
  );

  it("ends what is over a second after its end, and a quota's ten seconds after it is crossed, with a warning before", async () => {
    const [spender, guest] = [crowd.person(4), crowd.person(29)];
    const [bytesIn, bytesOut] = crowd.carried().get("u04") ?? [0, 0];
    const used = bytesIn + bytesOut + (atStart.get("u04") ?? []).slice(0, 2).reduce((all, it) => all + it, 0);
    const end = new Date(Date.now() + 8000);
    await command("set-user", "u29", "--expires", end.toISOString());
    await command("set-limit", "u04", "--quota", String(Math.round(used / 0.9)));
    await expect.poll(() => crowd.said("daemon")).toMatch(/u04 has used \d\d % of the quota/);
    expect(await crowd.ask([spender])).toEqual({ answered: openOf([spender]) });
    const crossed = Date.now();
    const closing = (person: Person) =>
      Promise.all(person.clients.map(({ wire }) => wire.closing(20_000))).then(() => Date.now());
    const [stopped, expired] = await Promise.all([closing(spender), closing(guest)]);
    expect(stopped - crossed).toBeLessThan(10_000);
    expect(expired - end.getTime()).toBeGreaterThanOrEqual(0);
    expect(expired - end.getTime()).toBeLessThan(1000);
    expect([openOf([spender]), openOf([guest])]).toEqual([0, 0]);
    for (const person of [spender, guest]) await expectRefused(person, person.address);
    const said = async (name: string) => (await home.mtproxy("show-user-config", name)).json.warnings;
    expect(await said("u29")).toEqual([expect.stringMatching(/expired .*, so it does not work/)]);
    // The daemon writes its ledger down every ten seconds.
    const usedUp = expect.stringContaining("used up the quota, so the link does not work");
    await expect.poll(() => said("u04"), { timeout: 20_000, interval: 1000 }).toEqual([usedUp]);
    await expectOthersServed(spender, guest);
  });

  it("has every byte that clients wrote and read, of each person, open connections' too", async () => {
    const carried = crowd.carried();
    const all = [...carried].map(([name, [bytesIn, bytesOut]]) => [name, [bytesIn, bytesOut]]);
    const seen = async () => Object.entries(await saved().then(booked)).map(([name, sums]) => [name, sums.slice(0, 2)]);
    // HAProxy counts what is open every five seconds, and the daemon looks when it has run for two.
    await expect.poll(seen, { timeout: 30_000, interval: 3000 }).toEqual(all);
    for (const { clients } of crowd.people) for (const client of clients) client.close();
    await expectNothingOpen();
    expect((await (await crowd.haproxy()).processes()).oldWorkers).toEqual([]);
    await expect
      .poll(() => saved().then(booked), { timeout: 20_000, interval: 2000 })
      .toEqual(Object.fromEntries(carried));
    const total = (await ledger()).get("u05");
    const card = await command("show-user-config", "u05");
    expect(card).toMatchObject({ traffic: { bytes_in: total?.[0], bytes_out: total?.[1], connections: total?.[2] } });
  });

  it("loses three connections at most to a frozen agent", async () => {
    const people = [6, 7, 31, 32].map((number) => crowd.person(number));
    const outcomes = await comingAndGoing(people, async () => {
      crowd.agent(1)?.kill("SIGSTOP");
      await sleep(2500);
      crowd.agent(1)?.kill("SIGCONT");
      await sleep(1500);
    });
    // Whoever is asked about in that moment is let through, or taken for a stranger by a second agent that has too much at once.
    const { ok = 0, open = 0, stranger = 0, ...rest } = outcomes;
    expect(rest).toEqual({});
    expect(ok).toBeGreaterThan(100);
    expect(open + stranger).toBeLessThanOrEqual(3);
  });

  it("leads people to their shards without agents, calmly, strangers to the site without a circle, and recovers by itself", async () => {
    // One of each shard, each at an address where an agent knew them last.
    const people = [5, 25, 30, 50].map((number) => crowd.person(number));
    const costOf = async (verdict: string) => {
      const [seconds, before] = [await crowd.cpuSeconds(), (await crowd.records()).length];
      for (let round = 0; round < 60; round += 1) {
        const clients = await Promise.all(people.map((person) => crowd.knock(person, person.address)));
        expect(await Promise.all(clients.map((client) => client.ask()))).toEqual(people.map(() => "answered"));
        for (const client of clients) client.close();
      }
      const cost = (await crowd.cpuSeconds()) - seconds;
      expect(await verdicts(before, 60 * people.length)).toEqual({ [verdict]: 60 * people.length });
      return cost;
    };
    // Whoever was before is over, strangers too: their records would come among these.
    await expect.poll(() => connections("scur"), { timeout: 40_000 }).toBe(0);
    const usual = await costOf("ok");
    await Promise.all([crowd.end("agent 1"), crowd.end("agent 2")]);
    const haproxy = await crowd.haproxy();
    await expect
      .poll(async () => (await haproxy.counts("agents")).map(({ status }) => status))
      .toEqual(["DOWN", "DOWN"]);
    const alone = await costOf("open");
    expect(alone / usual).toBeLessThan(2);
    const before = await connections();
    const strangers = await Promise.all(Array.from({ length: 10 }, browse));
    expect(strangers.map((socket) => socket.getProtocol())).toEqual(strangers.map(() => "TLSv1.3"));
    expect((await connections()) - before).toBeLessThanOrEqual(20);
    for (const socket of strangers) socket.destroy();
    await Promise.all([crowd.serve("agent 1"), crowd.serve("agent 2")]);
    await expect
      .poll(async () => {
        (await crowd.knock(crowd.person(5), "127.0.1.5")).close();
        return (await crowd.records()).at(-1)?.verdict;
      })
      .toBe("ok");
  });
});

/** HAProxy has ended every connection, with its record. */
async function expectNothingOpen(): Promise<void> {
  const haproxy = await crowd.haproxy();
  const open = async () => (await haproxy.workers()).flatMap(({ counts }) => counts.filter((it) => it.open > 0));
  await expect.poll(open, { timeout: 40_000 }).toEqual([]);
}

/** A client with somebody's key is no client of theirs. */
async function expectRefused(person: Person, address: string): Promise<void> {
  const client = await crowd.knock(person, address).catch(() => undefined);
  expect(await client?.ask(1500)).not.toBe("answered");
  client?.close();
}

/** That came in by the front door and by the one for the shards, those included that were refused there. */
async function connections(field: "conn_tot" | "scur" = "conn_tot"): Promise<number> {
  const rows = (await askHaproxy(join(homePaths(home.home).haproxy, "haproxy.sock"), "show stat -1 1 -1")).split("\n");
  const column = rows[0]?.split(",").indexOf(field) ?? -1;
  const doors = rows.map((row) => row.split(",")).filter(([name = ""]) => ["edge", "site_door"].includes(name));
  return doors.reduce((all, row) => all + Number(row[column]), 0);
}
