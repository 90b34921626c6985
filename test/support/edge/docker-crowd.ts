import { readFile, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join, resolve } from "node:path";
import { execa } from "execa";
import type { AgentNumber } from "../../../src/domain/agent.ts";
import { HAPROXY_NAME } from "../../../src/domain/edge.ts";
import { connectHaproxy } from "../../../src/edge/connect-haproxy.ts";
import type { Haproxy } from "../../../src/haproxy.ts";
import { homePaths } from "../../../src/state/paths.ts";
import { connectFakeTls, ProxyClient } from "../../contract/proxy/support/client.ts";
import type { UserCardJson } from "../cli-home.ts";
import { bareDockerHome, cardOf, type DockerCliHome, dockerEnv, linkOf } from "../docker-cli-home.ts";
import { inParallel } from "../in-parallel.ts";
import { type Watched, watch } from "../run-source.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../bin/familytraffic-mtproxy");
/** The services live as long as the tests that share them. */
const SUITE_MS = 600_000;
const services = ["agent 1", "agent 2", "daemon"];
/** Handshakes at a time. */
const AT_ONCE = 25;

/** Somebody with a link, at an address of their own. */
export interface Person {
  readonly card: UserCardJson;
  readonly address: string;
  /** Every client that was let in with the link, those that have gone too. */
  readonly clients: ProxyClient[];
}

/** Many people with live connections, in a home whose HAProxy and shards are containers. */
export class DockerCrowd {
  readonly home: DockerCliHome;
  readonly people: Person[] = [];
  readonly services = new Map<string, Watched>();
  readonly #sockets = new Set<Socket>();

  private constructor(home: DockerCliHome) {
    this.home = home;
  }

  /** @param list CSV of the people; `prepare` is done before HAProxy is put before the shards */
  static async start(
    list: string,
    haproxyImage: string,
    prepare: (home: DockerCliHome) => Promise<void>,
  ): Promise<DockerCrowd> {
    const home = await bareDockerHome();
    home.on = { env: { MTPROXY_HOST_ROOT: join(home.folder, "root") } };
    try {
      cardOf(await home.setUp());
      await prepare(home);
      // Nothing serves the agents there: that is said, and they are started by hand.
      await home.mtproxy("enable-haproxy-routing", "--image", haproxyImage);
      const crowd = new DockerCrowd(home);
      await Promise.all(services.map((service) => crowd.serve(service)));
      const file = join(home.folder, "people.csv");
      await writeFile(file, list);
      const { json } = await home.mtproxy("add-user", "--from-file", file);
      if (!json.ok) throw new Error(`${json.error?.message}; ${await crowd.lastWords()}`);
      const { lines } = json.data as { lines: { card: UserCardJson }[] };
      crowd.people.push(...lines.map(({ card }, index) => ({ card, address: `127.0.1.${index + 1}`, clients: [] })));
      return crowd;
    } catch (error) {
      await home.dispose();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    for (const { child } of this.services.values()) child.kill("SIGKILL");
    for (const socket of this.#sockets) socket.destroy();
    await this.home.dispose();
  }

  /** The person with that number, from 1. */
  person(number: number): Person {
    const person = this.people[number - 1];
    if (person === undefined) throw new Error(`there is no person ${number}`);
    return person;
  }

  /** `agent 1`, `agent 2` or `daemon`, as the host runs it. */
  async serve(service: string): Promise<void> {
    const words = ["--home", this.home.home, ...service.split(" ")];
    const watched = watch(process.execPath, [PROGRAM, ...words], { ...dockerEnv, ...this.home.on.env }, SUITE_MS);
    this.services.set(service, watched);
    await watched.until("ready");
  }

  /** Ends a service in that way, and waits until it has. */
  async end(service: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const watched = this.services.get(service);
    watched?.child.kill(signal);
    await watched?.ended;
  }

  said(service: string): string {
    return this.services.get(service)?.output() ?? "";
  }

  agent(number: AgentNumber): Watched["child"] | undefined {
    return this.services.get(`agent ${number}`)?.child;
  }

  /** One more client of somebody's that asks Telegram and is answered. Rejects when it is not. */
  async join(person: Person, address = person.address): Promise<ProxyClient> {
    const client = await this.knock(person, address);
    const outcome = await client.ask();
    if (outcome !== "answered") throw new Error(`${person.card.username} is ${outcome}; ${await this.lastWords()}`);
    person.clients.push(client);
    return client;
  }

  /** A client that is not known to be let in, and is not counted. */
  knock({ card }: Pick<Person, "card">, address: string): Promise<ProxyClient> {
    const { secret, port } = linkOf(card);
    const keep = (socket: Socket) => void this.#sockets.add(socket);
    const host = address.includes(":") ? "::1" : "127.0.0.1";
    const options = { port, host, from: address, key: secret.key, keep };
    return secret.mode === "fake-tls"
      ? connectFakeTls({ ...options, domain: secret.domain })
      : ProxyClient.connect(options);
  }

  /** So many more for each of these. */
  async joinAll(people: readonly Person[], each: number): Promise<void> {
    const wishes = people.flatMap((person) => Array.from({ length: each }, () => person));
    await inParallel(wishes, AT_ONCE, (person) => this.join(person));
  }

  /** What becomes of a question of each client that these people have open. */
  async ask(people: readonly Person[]): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {};
    const open = people.flatMap(({ clients }) => clients.filter(({ wire }) => !wire.isClosed));
    await inParallel(open, 2 * AT_ONCE, async (client) => {
      const outcome = await client.ask();
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    });
    return outcomes;
  }

  /** By name: bytes that somebody's clients wrote and read, and how many of them there were. */
  carried(): Map<string, readonly [number, number, number]> {
    return new Map(
      this.people.map(({ card, clients }) => {
        const sum = (count: (socket: Socket) => number) =>
          clients.reduce((all, { wire }) => all + count(wire.socket), 0);
        return [card.username, [sum((it) => it.bytesWritten), sum((it) => it.bytesRead), clients.length]];
      }),
    );
  }

  haproxy(): Promise<Haproxy> {
    return connectHaproxy(homePaths(this.home.home));
  }

  /** HAProxy's records of connections that ended, oldest first, as fields. */
  async records(): Promise<Readonly<Record<string, string>>[]> {
    const { stdout } = await execa("docker", ["logs", HAPROXY_NAME]);
    const lines = stdout.split("\n").filter((line) => line.startsWith("mtproxy "));
    return lines.map((line) => Object.fromEntries(line.split(" ").map((field) => field.split(/=(.*)/s).slice(0, 2))));
  }

  /** What HAProxy's processes took of a core so far, seconds. */
  async cpuSeconds(): Promise<number> {
    const { stdout } = await execa("docker", ["top", HAPROXY_NAME, "-eo", "pid"]);
    const pids = stdout.split("\n").slice(1).map(Number);
    const times = await Promise.all(pids.map(cpuSecondsOf));
    return times.reduce((all, seconds) => all + seconds, 0);
  }

  /** The last connections that were not let in with a key, for an error. */
  async lastWords(): Promise<string> {
    const { stdout, stderr } = await execa("docker", ["logs", "--tail", "300", HAPROXY_NAME], { reject: false });
    const strange = `${stdout}\n${stderr}`.split("\n").filter((line) => !line.includes(" verdict=ok "));
    return `HAProxy: ${strange.slice(-12).join("\n")}`;
  }
}

const TICKS_PER_SECOND = 100;

/** utime and stime, behind the name in parentheses (proc(5)). */
async function cpuSecondsOf(pid: number): Promise<number> {
  const [, fields = ""] = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ");
  const [user, system] = fields.split(" ").slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}
