import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { createHistories } from "../../../src/analytics/history/histories.ts";
import { runDaemon } from "../../../src/app/daemon/run-daemon.ts";
import type { ServeNumbers } from "../../../src/app/stats-api/serve-numbers.ts";
import type { Context } from "../../../src/context.ts";
import type { Sums } from "../../../src/domain/account.ts";
import { revealSecret, type Secret } from "../../../src/domain/secret.ts";
import { defaultSettings } from "../../../src/domain/settings.ts";
import { createAgents } from "../../../src/edge/agents.ts";
import { ConnectionLog } from "../../../src/edge/connection-log.ts";
import type { EdgeKey } from "../../../src/edge/identify/edge-key.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { createFiles } from "../../../src/host/files.ts";
import { createHost } from "../../../src/host/host.ts";
import { createLocks } from "../../../src/host/locks.ts";
import { readAuditLog } from "../../../src/state/audit-entries.ts";
import { homePaths } from "../../../src/state/paths.ts";
import { createStores } from "../../../src/state/stores.ts";
import { MemoryEngine } from "../memory-engine.ts";
import { realClock, realRandom } from "../temp-home.ts";
import type { LogWish } from "./haproxy.ts";
import type { EdgeScene } from "./scene.ts";

export type DaemonScene = Pick<EdgeScene, "folders" | "haproxy" | "runtime">;

/** Fields of a person in users.json beside the name and the secret. */
export type More = Readonly<Record<string, unknown>>;

/** The home of a scene's people, with the daemon on it. */
export class DaemonHome {
  readonly ctx: Context;
  readonly said: string[] = [];
  /** None as long as nobody starts one: HAProxy leads to the scene's peers. */
  readonly shards = new MemoryEngine();
  readonly #scene: DaemonScene;

  private constructor(scene: DaemonScene) {
    this.#scene = scene;
    const paths = { ...homePaths(scene.folders.home), haproxy: scene.folders.run };
    const parts = { paths, files: createFiles(), locks: createLocks(), clock: realClock, random: realRandom };
    const edge = {
      haproxy: async () => ({ id: "c1", running: true, digest: "", image: "", restarts: 0 }),
      haproxyLogs: (wish: LogWish) => scene.haproxy.log(wish),
      others: async () => [],
    };
    const engine = Object.assign(this.shards, { edge }) as unknown as Engine;
    const history = { folder: paths.history, lock: join(paths.run, "history.lock"), locks: parts.locks };
    const histories = createHistories({ ...history, warn: (text) => void this.said.push(text) });
    this.ctx = {
      ...parts,
      stores: createStores(parts),
      host: createHost(),
      agents: createAgents({ folder: paths.agents, version: "test" }),
      haproxy: async () => scene.runtime,
      connectionLog: new ConnectionLog(join(paths.run, "haproxy-mtproxy.log")),
      history: () => histories.write(),
      historyReader: () => histories.read(),
      engine: async () => engine,
      progress: { step: () => {}, warn: () => {} },
      putOffInterrupts: () => {},
    } as unknown as Context;
  }

  /** The file with a line a connection. */
  get connectionLog(): string {
    return join(this.ctx.paths.run, "haproxy-mtproxy.log");
  }

  static async of(scene: DaemonScene, people: readonly (readonly [EdgeKey, More?])[]): Promise<DaemonHome> {
    const home = new DaemonHome(scene);
    const usersLock = join(dirname(home.ctx.paths.run), "users.lock");
    await home.ctx.stores.settings.write({ ...defaultSettings, publicHost: "p.example", routing: "edge", usersLock });
    await home.write(people);
    return home;
  }

  /** users.json with these people. */
  async write(people: readonly (readonly [EdgeKey, More?])[]): Promise<void> {
    const users = people.map(([key, more]) => ({ username: key.holder, mtproxy_secret: secretOf(key), ...more }));
    await this.ctx.files.write(this.ctx.paths.users, JSON.stringify({ users }));
  }

  /** The daemon from now on. Gives what ends it. @param serve opens the stats API, where the settings want it */
  async start(serve: ServeNumbers = nothing): Promise<() => Promise<void>> {
    const controller = new AbortController();
    const before = this.said.length;
    const log = (line: string) => void this.said.push(line);
    const running = runDaemon(this.ctx, { signal: controller.signal, log, serve });
    const stop = async (): Promise<void> => {
      controller.abort();
      await running;
    };
    onTestFinished(() => stop().catch(() => {}));
    await Promise.race([running, vi.waitUntil(() => this.said.slice(before).includes("ready"), 10_000)]);
    return stop;
  }

  /** What was booked and saved for somebody. */
  async total(name: string): Promise<Sums | undefined> {
    return (await this.ctx.stores.ledger.read()).accounts[name]?.total;
  }

  /** What the daemon wrote down in the audit log. */
  async changes(): Promise<string[]> {
    const { entries } = await readAuditLog(this.ctx);
    return entries.flatMap((it) => (it.entry === "change" ? [`${it.actor}: ${it.command} ${it.about}`] : []));
  }

  async refusals(): Promise<unknown> {
    return JSON.parse(await readFile(join(this.#scene.folders.agents, "refusals.json"), "utf8")).reasons;
  }
}

function secretOf({ key, family, coverDomains }: EdgeKey): string {
  const domain = coverDomains[0] ?? "";
  const secret: Secret = family === "fake-tls" ? { mode: "fake-tls", key, domain } : { mode: "padded", key };
  return revealSecret(secret);
}

/** No figures are served in these homes. */
const nothing: ServeNumbers = () => Promise.reject(new Error("the settings want no figures served"));
