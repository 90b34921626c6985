import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { bareDockerHome, type DockerCliHome, dockerEnv } from "../test/support/docker-cli-home.ts";
import { round } from "./compare.ts";
import { MTPROXY, userRecord } from "./homes.ts";

// What looking costs: the whole daemon's CPU time on a home in containers, of one core; and, because Docker runs a program in each shard's
// container for its figures, what all programs of this machine used meanwhile against the same time without a daemon. One JSON object on
// stdout. Needs Docker and root.

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 64);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
/** sysconf(_SC_CLK_TCK) of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

void main();

async function main(): Promise<void> {
  const home = await bareDockerHome();
  try {
    await mkdir(home.path("data"), { recursive: true });
    // Padded ones: a cover domain would be looked for.
    const users = Array.from({ length: PEOPLE }, (_, index) => userRecord(2 * index));
    await writeFile(home.path("data/users.json"), JSON.stringify({ users }));
    const { code, stderr } = await home.setUp("--port-range", `${home.port + 1}-${home.port + 50}`);
    if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}`);
    const shards = (await home.containers()).length;
    const idle = await machineSeconds(() => sleep(SECONDS * 1000));
    const daemon = await measureDaemon(home);
    const { own, machine } = daemon;
    process.stdout.write(
      `${JSON.stringify({ node: process.version, people: PEOPLE, shards, seconds: SECONDS, percentOfACore: { daemon: own, machineBeside: round(machine - idle) } }, null, 2)}\n`,
    );
  } finally {
    await home.dispose();
  }
}

async function measureDaemon(home: DockerCliHome): Promise<{ own: number; machine: number }> {
  const env = { ...process.env, ...dockerEnv };
  const daemon = spawn(process.execPath, [MTPROXY, "daemon", "--home", home.home], { env, stdio: ["ignore", 2, 2] });
  try {
    // Starting is not looking.
    await sleep(15_000);
    const before = await processSeconds(daemon.pid ?? 0);
    const machine = await machineSeconds(() => sleep(SECONDS * 1000));
    const own = (((await processSeconds(daemon.pid ?? 0)) - before) / SECONDS) * 100;
    return { own: round(own), machine };
  } finally {
    daemon.kill();
  }
}

/** CPU time of a process and its threads (proc(5)). */
async function processSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Share of one core that all programs of this machine used meanwhile, percent. */
async function machineSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = await busyTicks();
  await work();
  return round((((await busyTicks()) - before) / TICKS_PER_SECOND / SECONDS) * 100);
}

/** Everything but idle and waiting for disks. */
async function busyTicks(): Promise<number> {
  const [, user, nice, system, , , irq, softirq] = (await readFile("/proc/stat", "utf8")).split(/\s+/, 9).map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((all, ticks) => all + (ticks ?? 0), 0);
}
