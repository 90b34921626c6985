import { rm } from "node:fs/promises";
import { type Datacenter, startDatacenter } from "../test/support/telegram/datacenter.ts";
import { compare, median, round, time } from "./compare.ts";
import { type BenchHome, MTPROXY, makeHome, mtproxy, noDocker } from "./homes.ts";
import { measureProxy } from "./proxy.ts";

// Measures the built command line as a person starts it, and the proxy itself where MTPROTO_PROXY_BIN names one. One JSON object on
// stdout; every figure that is compared was taken in turn with its base line. Quote ratios and medians: machines are noisy.

const node = process.execPath;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);

void main();

async function main(): Promise<void> {
  const homes = await Promise.all([makeHome(100, "docker"), makeHome(10_000, "docker")]);
  const [small, large] = homes;
  const startUp = await measureStartUp(small);
  const manyUsers = await measureManyUsers(large);
  const addUser = await measureAddUser();
  const proxy = await measureProxy(process.env.MTPROTO_PROXY_BIN);
  await Promise.all(homes.map(({ home }) => rm(home, { recursive: true, force: true })));
  const report = { node: process.version, baseLine: "node -e 0", startUp, manyUsers, addUser, proxy };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

function measureStartUp({ home }: BenchHome) {
  progress("start-up with 100 users");
  return compare(
    [node, "-e", "0"],
    {
      "--help": [node, MTPROXY, "--help"],
      "list-users --json": [node, MTPROXY, "list-users", "--json", "--home", home],
      "list-users": [node, MTPROXY, "list-users", "--home", home],
    },
    { rounds: ROUNDS },
  );
}

function measureManyUsers({ home }: BenchHome) {
  progress("10,000 users");
  return compare(
    [node, "-e", "0"],
    {
      "list-users --json": [node, MTPROXY, "list-users", "--json", "--home", home],
      plan: [node, MTPROXY, "plan", "--home", home],
    },
    { rounds: ROUNDS, env: noDocker },
  );
}

/** `add-user` from typing to a proved link on the running trial engine, by how many there are already. */
async function measureAddUser(): Promise<Record<string, { medianMs: number; ratioToFirst: number }>> {
  const medians: [string, number][] = [];
  const telegram = await startDatacenter();
  for (const users of [10, 100, 1000, 10_000]) {
    progress(`add-user with ${users} users`);
    medians.push([String(users), await addUserTime(users, telegram)]);
  }
  await telegram.close();
  const first = medians[0]?.[1] ?? Number.NaN;
  return Object.fromEntries(
    medians.map(([users, ms]) => [users, { medianMs: round(ms), ratioToFirst: round(ms / first) }]),
  );
}

async function addUserTime(users: number, telegram: Datacenter): Promise<number> {
  const { home } = await makeHome(users, "trial", telegram);
  await mtproxy(home, "start");
  const times: number[] = [];
  for (let count = 0; count < 5; count++)
    times.push(await time([node, MTPROXY, "add-user", `new${count}`, "--home", home]));
  await mtproxy(home, "stop");
  await rm(home, { recursive: true, force: true });
  return median(times);
}

function progress(what: string): void {
  process.stderr.write(`measuring ${what} …\n`);
}
