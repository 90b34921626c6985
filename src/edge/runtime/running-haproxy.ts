import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../domain/errors.ts";
import {
  type Haproxy,
  type LivingWorker,
  type Processes,
  type ServerChanges,
  type ServerCounts,
  type ServerEntry,
  type TableEntry,
  usersBackend,
  type WorkerInfo,
  type WorkerSession,
} from "../../haproxy.ts";
import { strange } from "./answers.ts";
import { askHaproxy } from "./ask.ts";
import { INFO, parseInfo } from "./info.ts";
import { PROCESSES, parseProcesses } from "./processes.ts";
import { parseServers, serversCommand } from "./server-states.ts";
import { parseSessions, SESSIONS } from "./sessions.ts";
import { parseStat, statCommand } from "./stat.ts";
import { parseTable } from "./table.ts";
import { addressWord, fieldWord, keyWord, nameWord, numberWord, pointerWord } from "./words.ts";

export interface HaproxySockets {
  /** Of the worker that takes new connections. */
  readonly worker: string;
  readonly master: string;
  /** Per command; 3 s. */
  readonly timeoutMs?: number;
}

/** Refuses whoever is sent to an entry that is not there; belongs to the configuration. */
const NOBODY = "nobody";
/** An answer that an agent gave a moment ago may still be on its way to HAProxy. */
const UNDER_WAY_MS = 400;
/** Before, a worker would not hand its tables over: it still asks for some itself. */
const HANDS_OVER_AFTER_S = 6;
const RELOAD_MS = 15_000;
const LOOK_MS = 50;
/** A server entry can go a moment after its last connection was closed. */
const LET_GO_MS = 3000;

/** HAProxy through the sockets of its master and its worker (2.6 and later). */
export class RunningHaproxy implements Haproxy {
  readonly #sockets: HaproxySockets;

  constructor(sockets: HaproxySockets) {
    this.#sockets = sockets;
  }

  async info(): Promise<WorkerInfo> {
    return parseInfo(await this.#ask(INFO));
  }

  async servers(backend = usersBackend): Promise<ServerEntry[]> {
    const command = serversCommand(nameWord(backend));
    const answer = await this.#ask(command);
    return answer.startsWith(NO_BACKEND) ? [] : parseServers(answer, command);
  }

  async counts(backend = usersBackend): Promise<ServerCounts[]> {
    const command = statCommand(nameWord(backend));
    return parseStat(await this.#ask(command), command);
  }

  async workers(): Promise<LivingWorker[]> {
    const { worker, oldWorkers } = await this.processes();
    const pids = [...(worker === undefined ? [] : [worker]), ...oldWorkers];
    return (await Promise.all(pids.map((pid) => this.#living(pid)))).flat();
  }

  async #living(pid: number): Promise<LivingWorker[]> {
    const command = statCommand(usersBackend);
    const [, mark] = MARK.exec(await this.#askWorker(pid, "get var proc.worker")) ?? [];
    const answer = await this.#askWorker(pid, command);
    return mark === undefined || answer === "" ? [] : [{ pid, mark, counts: parseStat(answer, command) }];
  }

  async addServer({ name, address, port }: ServerEntry): Promise<void> {
    const target = address.includes(":") ? `[${addressWord(address)}]` : addressWord(address);
    const command = `add server ${entry(name)} ${target}:${numberWord(port)}`;
    const answer = await this.#ask(command);
    if (answer.startsWith("Already exists")) throw new AppError("conflict", `HAProxy has a server ${name} already`);
    if (answer !== "New server registered.") throw strange(command, answer);
    await this.#tell(`enable server ${entry(name)}`);
  }

  async moveServer({ name, address, port }: ServerEntry, backend = usersBackend): Promise<void> {
    const command = `set server ${nameWord(backend)}/${nameWord(name)} addr ${addressWord(address)} port ${numberWord(port)}`;
    const answer = await this.#ask(command);
    if (!/^(?:IP changed|port changed|no need to change|nothing changed)/.test(answer)) throw strange(command, answer);
  }

  async removeServer(name: string): Promise<void> {
    const maintenance = await this.#ask(`set server ${entry(name)} state maint`);
    if (maintenance === NO_SERVER) return;
    if (maintenance !== "") throw strange("set server", maintenance);
    await this.closeSessions(name);
    const command = `del server ${entry(name)}`;
    const deadline = performance.now() + LET_GO_MS;
    for (;;) {
      const answer = await this.#ask(command);
      if (answer === "Server deleted." || answer === NO_SERVER) return;
      if (performance.now() > deadline || !/connection/i.test(answer)) throw strange(command, answer);
      await sleep(LOOK_MS);
    }
  }

  async syncServers(wanted: readonly ServerEntry[]): Promise<ServerChanges> {
    const there = new Map((await this.servers()).map((server) => [server.name, server]));
    const added = wanted.filter(({ name }) => !there.has(name));
    const moved = wanted.filter((server) => isElsewhere(server, there.get(server.name)));
    const names = new Set(wanted.map(({ name }) => name));
    const removed = [...there.keys()].filter((name) => name !== NOBODY && !names.has(name));
    for (const server of added) await this.addServer(server);
    for (const server of moved) await this.moveServer(server);
    for (const name of removed) await this.removeServer(name);
    return { added: added.map(({ name }) => name), moved: moved.map(({ name }) => name), removed };
  }

  async closeSessions(name: string): Promise<void> {
    await this.#closeOnce(name);
    await sleep(UNDER_WAY_MS);
    await this.#closeOnce(name);
  }

  async sessions(pid?: number): Promise<WorkerSession[]> {
    return parseSessions(pid === undefined ? await this.#ask(SESSIONS) : await this.#askWorker(pid, SESSIONS));
  }

  async table(name: string, key?: string): Promise<TableEntry[]> {
    const command = `show table ${nameWord(name)}${key === undefined ? "" : ` key ${keyWord(key)}`}`;
    return parseTable(await this.#ask(command), command);
  }

  setTableValue(table: string, key: string, field: string, value: number): Promise<void> {
    return this.#tell(`set table ${nameWord(table)} key ${keyWord(key)} data.${fieldWord(field)} ${numberWord(value)}`);
  }

  async processes(): Promise<Processes> {
    return parseProcesses(await this.#askMaster(PROCESSES));
  }

  async reload(): Promise<void> {
    const { uptimeSeconds } = await this.info();
    if (uptimeSeconds <= HANDS_OVER_AFTER_S) await sleep((HANDS_OVER_AFTER_S + 1 - uptimeSeconds) * 1000);
    const before = await this.processes();
    // 2.6 hangs up at once, 3.x tells how it went: what the processes are afterwards says it for all.
    await this.#askMaster("reload", RELOAD_MS).catch(() => "");
    const deadline = performance.now() + RELOAD_MS;
    for (;;) {
      const after = await this.processes().catch(() => before);
      if (after.failedReloads > before.failedReloads) throw refusedConfig();
      if (after.reloads > before.reloads && after.worker !== before.worker && after.worker !== undefined) break;
      if (performance.now() > deadline) throw new AppError("engine", "HAProxy does not load its configuration anew");
      await sleep(LOOK_MS);
    }
    while ((await this.info().catch(() => undefined))?.pid === undefined && performance.now() < deadline) {
      await sleep(LOOK_MS);
    }
  }

  async #closeOnce(name: string): Promise<void> {
    const command = `shutdown sessions server ${entry(name)}`;
    const answer = await this.#ask(command);
    if (answer !== "" && answer !== NO_SERVER) throw strange(command, answer);
    const { oldWorkers } = await this.processes();
    await Promise.all(oldWorkers.map((pid) => this.#closeInOld(pid, name)));
  }

  /** An old worker has its servers shut already and refuses to close them as one. */
  async #closeInOld(pid: number, name: string): Promise<void> {
    const theirs = (await this.sessions(pid)).filter(
      ({ backend, server }) => backend === usersBackend && server === name,
    );
    for (const { pointer } of theirs) await this.#askWorker(pid, `shutdown session ${pointerWord(pointer)}`);
  }

  /** A worker that ended meanwhile has nothing to say. */
  async #askWorker(pid: number, command: string): Promise<string> {
    const answer = await this.#askMaster(`@!${numberWord(pid)} ${command}`);
    return /^(?:Can't find the target|No such session)/.test(answer) ? "" : answer;
  }

  /** For commands whose success is silence. */
  async #tell(command: string): Promise<void> {
    const answer = await this.#ask(command);
    if (answer !== "") throw strange(command, answer);
  }

  #ask(command: string): Promise<string> {
    return askHaproxy(this.#sockets.worker, command, this.#sockets.timeoutMs);
  }

  #askMaster(command: string, timeoutMs = this.#sockets.timeoutMs): Promise<string> {
    return askHaproxy(this.#sockets.master, command, timeoutMs);
  }
}

/** Written by the configuration. */
const MARK = /^proc\.worker: type=sint value=<(\d+)>$/;
const NO_SERVER = "No such server.";
const NO_BACKEND = "Can't find backend";

function entry(name: string): string {
  return `${usersBackend}/${nameWord(name)}`;
}

function isElsewhere(wanted: ServerEntry, there: ServerEntry | undefined): boolean {
  return there !== undefined && (there.address !== wanted.address || there.port !== wanted.port);
}

function refusedConfig(): AppError {
  return new AppError("engine", "HAProxy refuses its new configuration and goes on with the old one", {
    hint: "mtproxy logs shows what it says of it",
  });
}
