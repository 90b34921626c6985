import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostContext } from "../../src/context.ts";
import { AppError } from "../../src/domain/errors.ts";
import { parseLink } from "../../src/domain/link.ts";
import type { Settings } from "../../src/domain/settings.ts";
import { createAgents } from "../../src/edge/agents.ts";
import { connectHaproxy } from "../../src/edge/connect-haproxy.ts";
import { ConnectionLog } from "../../src/edge/connection-log.ts";
import { closingTimes } from "../../src/host/closing-times.ts";
import { connectErrors } from "../../src/host/connect.ts";
import { freeSpace } from "../../src/host/disk.ts";
import { hostLoad } from "../../src/host/load.ts";
import { createMachine } from "../../src/host/machine.ts";
import { notify } from "../../src/host/notify/notify.ts";
import { findOperator } from "../../src/host/operator.ts";
import { remoteTime } from "../../src/host/remote-clock.ts";
import type { Clock, Host, LinkAttempt } from "../../src/ports.ts";
import { goodImage } from "./deployment.ts";
import { historiesOf } from "./histories.ts";
import { KeyReadingEngine } from "./key-reading-engine.ts";
import { realRandom, type TempHome, tempHome } from "./temp-home.ts";

/** Use cases on a memory engine of Docker's abilities: real files in a home of their own, nothing else of the machine. */
export interface AppScene {
  readonly ctx: HostContext;
  readonly home: TempHome;
  readonly engine: KeyReadingEngine;
  /** Steps and warnings that people were told. */
  readonly said: string[];
  /** What the test's machine has: to be changed by tests. */
  readonly machine: Machine;
  /** Whether a client with this link gets in now. */
  works(link: string | null | undefined): Promise<boolean>;
  /** Every rendered file with its contents. */
  rendered(): Promise<Record<string, string>>;
}

export interface Machine {
  readonly busyPorts: Set<number>;
  readonly names: Record<string, string>;
  addresses: string[];
}

const DATACENTERS = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5];
const CONF = `default 2;\n${DATACENTERS.map((id) => `proxy_for ${id} 192.0.2.1:8888;\n`).join("")}`;

export async function appScene(settings: Partial<Settings> = {}): Promise<AppScene> {
  const home = await tempHome({ publicHost: "203.0.113.7", egressIpv4: "203.0.113.7", ...settings });
  await home.stores.engineRecord.write({ image: goodImage });
  await home.stores.telegram.write({ proxySecret: randomBytes(128), proxyMultiConf: Buffer.from(CONF) });
  const engine = new KeyReadingEngine(home.paths.rendered);
  const machine: Machine = { busyPorts: new Set(), names: {}, addresses: ["203.0.113.7"] };
  const said: string[] = [];
  const progress = {
    step: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(`! ${text}`),
  };
  const host = makeHost(engine, machine);
  const ctx = {
    ...home,
    clock: quickClock(),
    random: realRandom,
    host,
    machine: createMachine({ root: `${home.paths.home}.root` }),
    haproxy: () => connectHaproxy(home.paths),
    connectionLog: new ConnectionLog(join(home.paths.logs, "haproxy-mtproxy.log")),
    agents: createAgents({ folder: home.paths.agents, version: "1.2.3" }),
    progress,
    ...historiesOf(home),
    putOffInterrupts: () => {},
    engine: async () => engine,
  };
  return {
    ctx,
    home,
    engine,
    said,
    machine,
    works: async (link) => engine.accepts(parseLink(link ?? "")),
    rendered: () => textsIn(home.paths.rendered),
  };
}

/** Time that passes as soon as somebody sleeps. */
export function quickClock(): Clock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    sleep: async (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

function makeHost(engine: KeyReadingEngine, machine: Machine): Host {
  return {
    uid: process.getuid?.() ?? 0,
    isPortFree: async (port) => !machine.busyPorts.has(port),
    resolve4: async (name) => machine.names[name],
    lookup: async (name) => ({ ipv4: [machine.names[name] ?? []].flat(), ipv6: [] }),
    probeCover: async () => ({ imitation: { ok: false, fault: "refused-connection" }, postQuantum: "unknown" }),
    addresses: async () => machine.addresses,
    connectErrors,
    closingTimes,
    freeSpace,
    load: async () => hostLoad(),
    remoteTime,
    operator: findOperator,
    notify,
    download: async (url) => noWayOut(url),
    probeLink: async (link) => {
      const ok = engine.accepts(link);
      const attempt: LinkAttempt = {
        ok,
        milliseconds: 1,
        ...(ok ? {} : { fault: "key-not-live", reason: "no such key" }),
      };
      return { attempts: [attempt] };
    },
  };
}

function noWayOut(url: string): never {
  throw new AppError("environment", `${url} cannot be reached`);
}

async function textsIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith("/run"));
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length + 1), await readFile(path, "latin1")] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
