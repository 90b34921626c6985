import { randomBytes } from "node:crypto";
import type { CoverProbe, Imitation } from "../domain/cover-facts.ts";
import { Key } from "../domain/key.ts";
import type { CoverSite } from "../ports.ts";
import { ByteQueue } from "../protocol/byte-queue.ts";
import { buildClientHello, buildGroupHello } from "../protocol/client-hello.ts";
import { type CoverAnswer, readCoverAnswer } from "../protocol/cover-answer.ts";
import { readCertificate } from "./certificate.ts";
import { NotConnected, type ProbeSocket, withProbeSocket } from "./probe-socket.ts";

/** As often and as long as the C proxy tries at its start. */
const TRIES = 20;
const TIMEOUT_MS = 5000;

/** A server that has sent the last record of its answer waits for us. */
const QUIET_MS = 400;

/** Where the session id stands in a hello record. */
const SESSION_ID = [44, 76] as const;

const X25519_MLKEM_768 = 0x11ec;

export interface CoverProbeOptions {
  /** Certificates of authorities, PEM, instead of those that Node ships. */
  readonly authorities?: string;
}

/** One handshake that is over. */
type Trial = Finished | (Imitation & { readonly ok: false });

interface Finished {
  readonly ok: true;
  readonly milliseconds: number;
  readonly records: readonly number[];
}

/** Tries a site as the C proxy and as a browser would, all at once. Leaves no socket open and never throws for what a site does. */
export async function probeCover(site: CoverSite, { authorities }: CoverProbeOptions = {}): Promise<CoverProbe> {
  const until = performance.now() + (site.timeoutMs ?? TIMEOUT_MS);
  const [imitation, postQuantum, certificate] = await Promise.all([
    tryImitation(site, until),
    askForGroup(site, X25519_MLKEM_768, until),
    readCertificate(site, until, authorities),
  ]);
  return { imitation, postQuantum, ...(certificate === undefined ? {} : { certificate }) };
}

async function tryImitation(site: CoverSite, until: number): Promise<Imitation> {
  const tries = Array.from({ length: TRIES }, (_, index) => shakeHands(site, until, index === 0));
  const trials = await Promise.all(tries);
  const failed = trials.find((trial) => !trial.ok);
  if (failed !== undefined) return failed;
  const finished = trials.filter((trial): trial is Finished => trial.ok);
  const sizes = finished.map(({ records }) => records[0] ?? 0);
  return {
    ok: true,
    milliseconds: Math.max(...finished.map(({ milliseconds }) => milliseconds)),
    records: finished[0]?.records ?? [],
    least: Math.min(...sizes),
    most: Math.max(...sizes),
  };
}

/** @param toTheEnd also wait for the records that the C proxy does not look at */
async function shakeHands(site: CoverSite, until: number, toTheEnd: boolean): Promise<Trial> {
  const started = performance.now();
  const key = Key.fromBytes(randomBytes(16));
  const { record } = buildClientHello({ size: "short", domain: site.domain, key, unixTime: Date.now() / 1000 });
  return connected(site, until, async (socket): Promise<Trial> => {
    const reader = new AnswerReader(socket, record);
    const answer = await reader.read(until);
    if (answer === "closed" || answer === "silent") return { ok: false, fault: answer };
    if (answer.state === "refused") return refusal(answer);
    const milliseconds = Math.round(performance.now() - started);
    return { ok: true, milliseconds, records: toTheEnd ? await reader.rest() : answer.records };
  });
}

/** A server that has the group and no key for it asks for one. */
async function askForGroup(site: CoverSite, group: number, until: number): Promise<CoverProbe["postQuantum"]> {
  const end = await connected(site, until, async (socket) => {
    const answer = await new AnswerReader(socket, buildGroupHello(site.domain, group)).read(until);
    if (typeof answer === "string" || answer.state !== "refused") return "unknown";
    if (answer.fault === "alert") return "refused";
    return answer.fault === "hello-retry" && answer.code === group ? "accepted" : "unknown";
  });
  return typeof end === "string" ? end : "unknown";
}

type Whole = Exclude<CoverAnswer, { readonly state: "incomplete" }>;

/** Sends a hello and collects what comes. */
class AnswerReader {
  readonly #socket: ProbeSocket;
  readonly #sessionId: Uint8Array;
  readonly #received = new ByteQueue();
  #records: readonly number[] = [];

  constructor(socket: ProbeSocket, hello: Uint8Array) {
    this.#socket = socket;
    this.#sessionId = hello.subarray(...SESSION_ID);
    socket.send(hello);
  }

  read(until: number): Promise<Whole | "closed" | "silent"> {
    return this.#socket.receive((chunk) => {
      this.#received.push(chunk);
      const answer = readCoverAnswer(this.#received.view(), this.#sessionId);
      if (answer.state === "complete") this.#records = answer.records;
      return answer.state === "incomplete" ? undefined : answer;
    }, until);
  }

  /** Sizes of all records, once no more come. */
  async rest(): Promise<readonly number[]> {
    for (;;) {
      const more = await this.read(performance.now() + QUIET_MS);
      if (typeof more === "string" || more.state === "refused") return this.#records;
    }
  }
}

async function connected<T>(
  { address: host, port }: CoverSite,
  until: number,
  work: (socket: ProbeSocket) => Promise<T>,
): Promise<T | (Imitation & { readonly ok: false })> {
  const end = await withProbeSocket({ host, port }, until, work);
  return end instanceof NotConnected ? { ok: false, fault: faultOf(end) } : end;
}

function faultOf({ code }: NotConnected) {
  if (code === "ETIMEDOUT") return "silent";
  return code === "ECONNREFUSED" ? "refused-connection" : "no-route";
}

function refusal({ fault, code }: Extract<CoverAnswer, { readonly state: "refused" }>): Trial {
  return { ok: false, fault, ...(code === undefined ? {} : { code }) };
}
