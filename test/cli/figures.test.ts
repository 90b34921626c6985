import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { parseLink } from "../../src/domain/link.ts";
import type { Snapshot } from "../../src/domain/numbers/snapshot.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { canRun } from "../support/machine.mts";
import { startPrometheus } from "../support/prometheus.ts";
import { watchOnTerminal } from "../support/run-source.ts";
import { askStats, type RunningDaemon, startDaemon, withToken } from "../support/stats-client.ts";
import { connectClient, type TestClient } from "../support/trial-client.ts";

/** Everything that shows the daemon's look, held against what a client really sent and got. */

interface Bytes {
  readonly from: number;
  readonly to: number;
}

const people = ["alice", "bob"] as const;
const home = sharedCliHome();
const clients: TestClient[] = [];
const exactly: Record<string, Bytes> = {};
let port: number;
let daemon: RunningDaemon;

beforeAll(async () => {
  port = await freePort();
  const links = [(await home().add("alice")).link, (await home().add("bob")).link];
  await home().mtproxy("set-limit", "bob", "--quota", "1M", "--period", "30d");
  await home().mtproxy("stats-api", "start", "--port", String(port));
  // What adding people cost, which proves their links.
  const { data } = (await home().mtproxy("stats", "--json")).json;
  for (const user of (data as { users: UserJson[] }).users)
    exactly[user.username] = { from: user.bytes_in, to: user.bytes_out };
  for (const [index, link] of links.entries()) await talk(people[index] ?? "", link, 3 + index);
  daemon = await startDaemon(home());
  const until = { timeout: 30_000, interval: 100 };
  await vi.waitFor(
    async () => expect(((await looked())?.users ?? []).map((user) => user.bytesIn)).toEqual(exact()[0]),
    until,
  );
});
afterAll(async () => {
  for (const { socket } of clients) socket.destroy();
  await daemon?.end();
});

interface UserJson {
  readonly username: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
}

/** Asks Telegram so often, and writes down what went over the wire. */
async function talk(name: string, link: string, questions: number): Promise<void> {
  const client = await connectClient({ port: home().port, key: parseLink(link).secret.key });
  clients.push(client);
  for (let count = 0; count < questions; count += 1) await client.ask();
  const { from = 0, to = 0 } = exactly[name] ?? {};
  exactly[name] = { from: from + client.socket.bytesWritten, to: to + client.socket.bytesRead };
}

const snapshotFile = () => home().path("mtproxy/run/snapshot.json");

async function looked(): Promise<Snapshot | undefined> {
  const text = await readFile(snapshotFile(), "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

function told(figure: (bytes: Bytes) => number): number[] {
  return people.map((name) => figure(exactly[name] ?? { from: 0, to: 0 }));
}

/** In the order of people. */
function bytesIn(users: readonly UserJson[]): number[][] {
  const [from, to] = [users.map((user) => user.bytes_in), users.map((user) => user.bytes_out)];
  const sorted = people.map((name) => users.findIndex(({ username }) => username === name));
  return [sorted.map((index) => from[index] ?? -1), sorted.map((index) => to[index] ?? -1)];
}

const exact = () => [told(({ from }) => from), told(({ to }) => to)];
const dataOf = async (...args: string[]) =>
  (await home().mtproxy(...args, "--json")).json.data as Record<string, never>;

describe("every command shows exactly the bytes of each person", () => {
  test("now, for people and programs, with a line of the last day", async () => {
    const data = await dataOf("stats");
    expect(bytesIn(data.users ?? [])).toEqual(exact());
    expect(data).toMatchObject({ source: "daemon", active_connections: 2, users: [{ active_connections: 1 }, {}] });
    const { stdout } = await home().mtproxy("stats", "--sort", "name");
    expect(stdout).toMatch(/│ alice {4}│ 1 .*│ - {2,}│ [▁-█·]{12} │ \d{4}-\d\d-\d\d/);
    expect(stdout).toMatch(/│ bob {6}│ 1 .*│ 0 % of 1M +│ /);
  });

  test("of one person, with what bounds them", async () => {
    const data = await dataOf("stats", "BOB");
    expect(bytesIn([data.user as never]).map(([, bob]) => bob)).toEqual(exact().map(([, bob]) => bob));
    const { stdout } = await home().mtproxy("stats", "bob");
    const { from, to } = exactly.bob ?? { from: 0, to: 0 };
    expect(stdout).toMatch(/^bob:\n {2}Connections now: {4}1\n/);
    expect(stdout).toContain(`From them:          ${from} B\n`);
    expect(stdout).toContain(`Used in 30 days:    ${from + to} B of 1M  ░░░░░░░░░░ 0 %\n`);
    expect(stdout).toMatch(new RegExp(`Last 24 hours: {6}[·▁]{23}█ {2}${from + to} B\n`));
    const nobody = await home().mtproxy("stats", "nobody");
    expect([nobody.code, nobody.stderr]).toEqual([4, expect.stringContaining("mtproxy list-users")]);
  });

  test("as rows for a spreadsheet", async () => {
    const { stdout } = await home().mtproxy("stats", "--csv", "--sort", "name");
    const [head, ...rows] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    expect(head?.slice(0, 7)).toEqual([
      ...["username", "enabled", "refusal", "active_connections", "total_connections", "bytes_in", "bytes_out"],
    ]);
    expect(rows.map(([name]) => name)).toEqual(people);
    expect([rows.map((row) => Number(row[5])), rows.map((row) => Number(row[6]))]).toEqual(exact());
  });

  test("since a moment, and in no other time", async () => {
    const data = await dataOf("stats", "--since", "1h");
    expect(bytesIn(data.users ?? [])).toEqual(exact());
    const users: readonly { readonly connections: number }[] = data.users ?? [];
    expect(data.everybody).toMatchObject({ connections: users.reduce((sum, it) => sum + it.connections, 0) });
    expect(Number(data.watched_seconds)).toBeLessThan(3600);
    const { stdout } = await home().mtproxy("stats", "alice", "--since", "24h", "--csv");
    expect(stdout).toMatch(new RegExp(`^username,.*\nalice,\\d+,1,${exactly.alice?.from},${exactly.alice?.to},.*\n$`));
    expect((await home().mtproxy("stats", "--since", "2999-01-01")).stderr).toContain("has not come yet");
    expect((await home().mtproxy("stats", "--since", "lately")).code).toBe(3);
  });

  test("in a month's report, which only its owner reads and which is never written over", async () => {
    expect(bytesIn((await dataOf("export-report")).rows ?? [])).toEqual(exact());
    const file = home().path("month.html");
    const { code, stdout } = await home().mtproxy("export-report", "--format", "html", "--output", file);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^✓ \d{4}-\d\d of 2 people is in \/.*month\.html\n$/)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toContain(`<td>${exactly.alice?.from} B</td>`);
    expect((await home().mtproxy("export-report", "--output", file)).code).toBe(5);
    const month = new Date().toISOString().slice(0, 7);
    const { stdout: csv } = await home().mtproxy("export-report", "--month", month);
    expect(csv).toContain(`${month},bob,bob,,${exactly.bob?.from},${exactly.bob?.to},2,1,,1000000,30d\n`);
  });
});

describe("Prometheus", () => {
  test("is told the same as everybody else, and no link or key", async () => {
    const { text } = await askStats(port, "/metrics", { headers: await withToken(home()) });
    for (const name of people)
      expect(text).toContain(`mtproxy_user_received_bytes_total{user="${name}"} ${exactly[name]?.from}\n`);
    const book = await readFile(home().path("config/mtproxy/shards.json"), "utf8");
    const keys = [...book.matchAll(/"([0-9a-f]{32})"/g)].map(([, key]) => key ?? "");
    expect(keys.length).toBeGreaterThan(1);
    expect(keys.filter((key) => text.includes(key))).toEqual([]);
  });

  test.runIf(canRun("prometheus"))("scrapes it with the token, and finds no alert", async () => {
    const prometheus = await startPrometheus(port, home().path("config/mtproxy/stats_token"));
    try {
      const byName = (bytes: readonly number[] = []) =>
        Object.fromEntries(people.map((name, index) => [`user=${name}`, bytes[index]]));
      const [from, to] = exact();
      await expect.poll(() => prometheus.query("mtproxy_user_received_bytes_total")).toEqual(byName(from));
      expect(await prometheus.query("mtproxy_user_sent_bytes_total")).toEqual(byName(to));
      expect(await prometheus.query('up{job="mtproxy"}')).toEqual({ "": 1 });
      await expect.poll(async () => (await prometheus.rules()).length).toBe(15);
      expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual({});
    } finally {
      await prometheus.end();
    }
  });
});

describe("stats --live", () => {
  test("is sorted and turned by keys, keeps to the terminal's size, and leaves it as it was", async () => {
    const bin = new URL("../../bin/familytraffic-mtproxy", import.meta.url).pathname;
    const command = `sh -c 'stty rows 40 columns 120; tty; ${process.execPath} ${bin} stats --live --sort name; echo "code $?"; stty -a'`;
    const live = watchOnTerminal([command], { FAMILYTRAFFIC_HOME: home().home });
    await live.until("Username ▲");
    await live.until("█ │");
    live.child.stdin.write("t");
    await live.until("To them ▼");
    live.child.stdin.write("r");
    await live.until("To them ▲");
    const terminal = /\/dev\/pts\/\d+/.exec(live.output())?.[0] ?? "";
    await promisify(execFile)("stty", ["-F", terminal, "rows", "16", "columns", "50"]);
    // A picture of before may be under way when the terminal is made smaller.
    await expect.poll(() => fits(lastFrame(live.output()), { rows: 16, columns: 50 })).toBe(true);
    live.child.stdin.write("q");
    await live.until("code 0");
    await live.ended;
    expect(live.output()).toContain("\x1b[?25h\x1b[?1049l");
    expect(live.output().slice(live.output().indexOf("code 0"))).toMatch(/[^-]icanon/);
  });

  test("draws everybody as they are now, and nothing else", async () => {
    for (const args of [["alice"], ["--since", "7d"], ["--csv"]])
      expect((await home().mtproxy("stats", "--live", ...args)).code).toBe(2);
  });
});

/** The lines of the last picture that is whole. */
function lastFrame(output: string): string[] {
  const frame = output.slice(0, output.lastIndexOf("\x1b[J")).split("\x1b[H").at(-1) ?? "";
  return frame.replace(/\x1b\[[\d;?]*[A-Za-z]/g, "").split(/\r+\n/);
}

function fits(lines: readonly string[], { rows, columns }: { rows: number; columns: number }): boolean {
  return lines.length > 1 && lines.length <= rows && lines.every((line) => [...line].length <= columns);
}

test("what the daemon saw half a minute ago is not shown: the proxies are asked", async () => {
  expect(await daemon.end()).toBe(0);
  const seen = await looked();
  const at = new Date(Date.now() - 31_000).toISOString();
  await writeFile(snapshotFile(), JSON.stringify({ ...seen, at }));
  expect(await dataOf("stats")).toMatchObject({ source: "proxies", users: [{ enabled: null }, {}] });
});
