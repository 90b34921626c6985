import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { answersAsTelegram } from "../src/engine/trial/ask-datacenter.ts";
import { dial } from "../src/engine/trial/dial.ts";

// The main job in one go, with the commands that an admin types: a home, two people, their links, the proof that they work.

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MTPROXY = join(HERE, "../bin/familytraffic-mtproxy");
/** Telegram's datacenter 2, to find out whether there is a way out. */
const TELEGRAM = { host: "149.154.167.51", port: 443 };

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });

void main();

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "mtproxy-demo-"));
  const telegram = await findTelegram();
  try {
    await show(home, telegram.datacenters);
    if (values.keep) keepRunning(home, telegram.process);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
  if (!values.keep) await cleanUp(home, telegram.process);
}

async function show(home: string, datacenters: readonly string[]): Promise<void> {
  const mtproxy = (...args: string[]) => run(home, args);
  await mtproxy(
    "setup",
    "--engine",
    "trial",
    "--public-host",
    "127.0.0.1",
    "--port",
    String(await freePort()),
    // Of its own: the usual lock is for homes whose users.json is shared, and stays when a home goes.
    "--users-lock",
    join(home, "users.lock"),
    ...datacenters,
  );
  await mtproxy("add-user", "alice");
  await mtproxy("add-user", "bob", "--fake-tls");
  await mtproxy("verify");
  await mtproxy("status");
}

async function run(home: string, args: readonly string[]): Promise<void> {
  say(`\n$ mtproxy ${args.join(" ")}`);
  const { exitCode } = await execa(process.execPath, [MTPROXY, ...args, "--home", home], {
    stdio: "inherit",
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`mtproxy ${args[0]} ended with exit code ${exitCode}`);
}

interface TelegramSide {
  /** Options of `setup`; none where the real Telegram answers. */
  readonly datacenters: readonly string[];
  readonly process?: ChildProcess;
}

async function findTelegram(): Promise<TelegramSide> {
  if (await answers(TELEGRAM)) {
    say("Telegram is reachable from here: the links are proved against it.");
    return { datacenters: [] };
  }
  const { child, port } = await startTelegramSide();
  say(`There is no way out to Telegram: the links are proved against a loopback Telegram side on port ${port}.`);
  return { datacenters: [1, 2, 3, 4, 5].flatMap((id) => ["--datacenter", `${id}=127.0.0.1:${port}`]), process: child };
}

/** Whether Telegram itself answers: some networks take connections to anywhere. */
async function answers(address: { host: string; port: number }): Promise<boolean> {
  const socket = await dial(address, 2_000).catch(() => undefined);
  if (socket === undefined) return false;
  const isTelegram = await answersAsTelegram(socket, 2, performance.now() + 2_000);
  socket.destroy();
  return isTelegram;
}

async function startTelegramSide(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [join(HERE, "demo-telegram.cjs")], {
    detached: true,
    // One that outlives the demo must not hold a pipe that somebody reads to its end.
    stdio: ["ignore", "pipe", values.keep ? "ignore" : "inherit"],
  });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (line: Buffer) => resolve(Number(line.toString()))),
  );
  child.stdout.destroy();
  child.unref();
  return { child, port };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function keepRunning(home: string, telegram: ChildProcess | undefined): void {
  const side = telegram === undefined ? "" : `; kill ${telegram.pid} ends the loopback Telegram side`;
  say(`\nLeft running in ${home}. To end it: mtproxy stop --home ${home} && rm -r ${home}${side}`);
}

async function cleanUp(home: string, telegram: ChildProcess | undefined): Promise<void> {
  await execa(process.execPath, [MTPROXY, "stop", "--quiet", "--home", home], { reject: false, stdio: "ignore" });
  telegram?.kill();
  await rm(home, { recursive: true, force: true });
  say("\nThe demo is over and left nothing behind.");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
