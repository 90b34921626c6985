import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import type { StatsAnswer } from "../../src/analytics/http/answers.ts";
import { parseLink } from "../../src/domain/link.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { askStats, type RunningDaemon, startDaemon, withToken } from "../support/stats-client.ts";
import { closed, connectClient } from "../support/trial-client.ts";

/** The product as it is installed: what three people carried, and what every part says that they did. */

const names = ["alice", "bob", "carol"] as const;
type Name = (typeof names)[number];

const home = sharedCliHome();
const links = new Map<Name, string>();
const carried = new Map<Name, Sums>();
let port: number;

beforeAll(async () => {
  for (const name of names) links.set(name, (await home().add(name)).link);
  port = await freePort();
  await home().mtproxy("stats-api", "start", "--port", String(port), "--json");
  // Whoever gives a link tries it.
  for (const { username, ...tried } of await statsUsers()) carried.set(username, sumsOf(tried));
});

interface Sums {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connections: number;
}

interface ShownUser {
  readonly username: Name;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly total_connections: number;
}

async function statsUsers(): Promise<readonly ShownUser[]> {
  const { json } = await home().mtproxy("stats", "--json");
  return (json.data as { users: readonly ShownUser[] }).users;
}

function sumsOf(user: Omit<ShownUser, "username">): Sums {
  return { bytesIn: user.bytes_in, bytesOut: user.bytes_out, connections: user.total_connections };
}

/** A connection of each person, with another number of bytes in each direction. */
async function carry(): Promise<void> {
  await Promise.all(names.map(carryOne));
}

async function carryOne(name: Name, index: number): Promise<void> {
  const { port, secret } = parseLink(links.get(name) ?? "");
  const client = await connectClient({ port, key: secret.key });
  for (let question = 0; question <= index; question += 1) await client.ask();
  client.send(randomBytes(4 * randomInt(1, 500)));
  await client.ask();
  client.socket.end();
  await closed(client.socket);
  const { bytesIn, bytesOut, connections } = carried.get(name) ?? { bytesIn: 0, bytesOut: 0, connections: 0 };
  const { bytesWritten, bytesRead } = client.socket;
  const sums = { bytesIn: bytesIn + bytesWritten, bytesOut: bytesOut + bytesRead };
  carried.set(name, { ...sums, connections: connections + 1 });
}

/** Figures of each person by what tells them. */
async function told(): Promise<Record<string, Record<Name, Sums>>> {
  const headers = await withToken(home());
  const ask = (path: string) => askStats(port, path, { headers });
  const users = ((await ask("/api/stats")).json as StatsAnswer).users as unknown as readonly ShownUser[];
  const metrics = (await ask("/metrics")).text;
  const csv = (await home().mtproxy("stats", "--since", "1d", "--csv")).stdout.split(/\r?\n/);
  const shown = await statsUsers();
  const of = (users: readonly ShownUser[], name: Name) => {
    const user = users.find(({ username }) => username === name);
    return user === undefined ? expect.fail(`${name} is told of`) : sumsOf(user);
  };
  const metric = (name: string, what: string) =>
    Number(new RegExp(`^mtproxy_user_${what}_total\\{[^}]*user="${name}"[^}]*\\} (\\d+)$`, "m").exec(metrics)?.[1]);
  const byName = (sums: (name: Name) => Sums) =>
    Object.fromEntries(names.map((name) => [name, sums(name)])) as Record<Name, Sums>;
  return {
    api: byName((name) => of(users, name)),
    command: byName((name) => of(shown, name)),
    csv: byName((name) => {
      const [, connections, , bytesIn, bytesOut] = csv.find((line) => line.startsWith(`${name},`))?.split(",") ?? [];
      return { bytesIn: Number(bytesIn), bytesOut: Number(bytesOut), connections: Number(connections) };
    }),
    metrics: byName((name) => ({
      bytesIn: metric(name, "received_bytes"),
      bytesOut: metric(name, "sent_bytes"),
      connections: metric(name, "connections"),
    })),
  };
}

describe("the numbers of the trial engine", () => {
  test("are what three people carried, wherever one looks, over kills of the daemon and restarts of the proxy", async () => {
    let daemon: RunningDaemon = await startDaemon(home());
    await carry();
    await daemon.end("SIGKILL");
    daemon = await startDaemon(home());
    await carry();
    await daemon.end();
    // What the proxy counted until now is known; it counts from nothing afterwards.
    expect((await home().mtproxy("restart")).code).toBe(0);
    for (const milliseconds of [0, 100, 400]) {
      daemon = await startDaemon(home());
      await Promise.all([carry(), sleep(milliseconds)]);
      await daemon.end("SIGKILL");
    }
    daemon = await startDaemon(home());
    await carry();
    await daemon.end();
    expect((await home().mtproxy("restart")).code).toBe(0);
    daemon = await startDaemon(home());
    await expect
      .poll(async () => (await askStats(port, "/api/stats", { headers: await withToken(home()) })).status)
      .toBe(200);
    const figures = await told();
    for (const [who, said] of Object.entries(figures)) expect(said, who).toEqual(Object.fromEntries(carried));
    expect(await daemon.end()).toBe(0);
  });
});
