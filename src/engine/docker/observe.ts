import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "dockerode";
import statsScript from "../../../docker/stats.sh";
import type { Key } from "../../domain/key.ts";
import { makeSecret } from "../../domain/secret.ts";
import { withProbeSocket } from "../../host/probe-socket.ts";
import { helloOf, isHelloAccepted } from "../../host/telegram-client.ts";
import type { HelloSize } from "../../protocol/client-hello.ts";
import type { Endpoint } from "./endpoint.ts";
import { execute, lastLines } from "./output.ts";
import type { Observations } from "./verdict.ts";

/** What a probe's container is given; no name in it leads out of it. */
export const PROBE = { clientPort: 8443, statsPort: 8888, coverDomain: "cover.invalid" } as const;

const START_MS = 8000;
const ANSWER_MS = 1500;
const RELOAD_MS = 1000;
const PAUSE_MS = 100;

/** Watches the binary of a started probe container. `ended` tells when it did not stay. */
export async function observe(endpoint: Endpoint, container: Container, key: Key): Promise<Observations> {
  const stats = await firstStats(container);
  const port = await publishedPort(container);
  const hellos = endpoint.socketPath === undefined || port === undefined ? {} : await tryHellos(port, key);
  if (!(await isRunning(container)))
    return { reloads: false, statsClient: false, ended: await lastLines(container, 5) };
  return { ...hellos, reloads: await reloadsOnSignal(container), statsClient: stats === "answered" };
}

async function isRunning(container: Container): Promise<boolean> {
  return (await container.inspect()).State.Running;
}

/** Waits until the proxy answers for /stats, which it does as the last step of its start. */
async function firstStats(container: Container): Promise<"answered" | "no-client"> {
  const until = performance.now() + START_MS;
  while (performance.now() < until && (await isRunning(container))) {
    const command = ["/bin/sh", "-c", statsScript, "stats.sh", String(PROBE.statsPort)];
    const { exitCode } = await execute(container, command).catch(() => ({ exitCode: 1 }));
    if (exitCode === 0) return "answered";
    if (exitCode === 3) return "no-client";
    await sleep(PAUSE_MS);
  }
  return "no-client";
}

async function publishedPort(container: Container): Promise<number | undefined> {
  const { NetworkSettings } = await container.inspect();
  const [binding] = NetworkSettings.Ports[`${PROBE.clientPort}/tcp`] ?? [];
  return binding === undefined ? undefined : Number(binding.HostPort);
}

/** The long hello counts only where the short one, which every build with fake-TLS takes, is answered. */
async function tryHellos(port: number, key: Key): Promise<Pick<Observations, "longHello">> {
  const until = performance.now() + START_MS / 4;
  while (!(await isAccepted(port, key, "short"))) {
    if (performance.now() > until) return {};
    await sleep(PAUSE_MS);
  }
  return { longHello: await isAccepted(port, key, "long") };
}

async function isAccepted(port: number, key: Key, size: HelloSize): Promise<boolean> {
  const secret = makeSecret("fake-tls", key, PROBE.coverDomain);
  if (secret.mode !== "fake-tls") return false;
  const until = performance.now() + ANSWER_MS;
  const hello = helloOf(secret, size, Math.floor(Date.now() / 1000));
  const accepted = await withProbeSocket({ host: "127.0.0.1", port }, until, (socket) =>
    isHelloAccepted(socket, hello, key, until),
  );
  return accepted === true;
}

/** A build that re-reads its file on SIGHUP says so; the others only name the signal, or say nothing. */
async function reloadsOnSignal(container: Container): Promise<boolean> {
  const count = async (sign: RegExp): Promise<number> =>
    (await lastLines(container, 200)).filter((line) => sign.test(line)).length;
  const [before, signalsBefore] = [await count(REREAD), await count(SIGNALLED)];
  await container.kill({ signal: "SIGHUP" });
  const until = performance.now() + RELOAD_MS;
  while (performance.now() < until) {
    if ((await count(REREAD)) > before) return true;
    await sleep(PAUSE_MS);
    if ((await count(SIGNALLED)) > signalsBefore) return (await count(REREAD)) > before;
  }
  return false;
}

const REREAD = /re-read successfully/;
const SIGNALLED = /received signal/i;
