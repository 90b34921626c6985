import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { bareDockerHome, type DockerCliHome, dockerEnv } from "../test/support/docker-cli-home.ts";
import { round } from "./compare.ts";
import { MTPROXY, userRecord } from "./homes.ts";

// What looking costs on a home of four proxies in containers: the CPU time of the whole daemon, of one core; and what all other programs of
// this machine (Docker among them) used meanwhile beyond what they used without a daemon. One JSON object on stdout. Needs Docker and
// root.

/** In users.json; as many as four proxies have places for have a link. */
const [PEOPLE, WITH_LINK] = [100, 64];
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const MOST_PERCENT = 1;
/** sysconf(_SC_CLK_TCK) of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

void main();

async function main(): Promise<void> {
  const home = await bareDockerHome();
  try {
    const shards = await setUp(home);
    const idle = await machinePercent();
    const { daemon, machine } = await measureDaemon(home);
    const percentOfACore = { daemon, othersBeyondIdle: round(machine - daemon - idle) };
    const report = { node: process.version, people: PEOPLE, shards, seconds: SECONDS, percentOfACore };
    const verdicts = { belowOnePercent: daemon < MOST_PERCENT };
    process.stdout.write(`${JSON.stringify({ ...report, verdicts }, null, 2)}\n`);
  } finally {
    await home.dispose();
  }
}

/** Padded links: a cover domain would be looked for. */
async function setUp(home: DockerCliHome): Promise<number> {
  await mkdir(home.path("data"), { recursive: true });
  const users = Array.from({ length: PEOPLE }, (_, index) => {
    const { username, uuid, proxy_password, ...link } = userRecord(2 * index);
    return { username, uuid, proxy_password, ...(index < WITH_LINK ? link : {}) };
  });
  await writeFile(home.path("data/users.json"), JSON.stringify({ users }));
  const { code, stderr } = await home.setUp();
  if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}`);
  return (await home.containers()).length;
}

async function measureDaemon(home: DockerCliHome): Promise<{ daemon: number; machine: number }> {
  const env = { ...process.env, ...dockerEnv };
  const child = spawn(process.execPath, [MTPROXY, "daemon", "--home", home.home], { env, stdio: ["ignore", 2, 2] });
  try {
    // Starting is not looking.
    await sleep(15_000);
    const before = await processSeconds(child.pid ?? 0);
    const machine = await machinePercent();
    const daemon = (((await processSeconds(child.pid ?? 0)) - before) / SECONDS) * 100;
    return { daemon: round(daemon), machine };
  } finally {
    child.kill();
  }
}

/** CPU time of a process and its threads (proc(5)). */
async function processSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Share of one core that all programs of this machine use for a while, percent. */
async function machinePercent(): Promise<number> {
  const before = await busyTicks();
  await sleep(SECONDS * 1000);
  return round((((await busyTicks()) - before) / TICKS_PER_SECOND / SECONDS) * 100);
}

/** Everything but idle and waiting for disks. */
async function busyTicks(): Promise<number> {
  const [, user, nice, system, , , irq, softirq] = (await readFile("/proc/stat", "utf8")).split(/\s+/, 9).map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((all, ticks) => all + (ticks ?? 0), 0);
}
