import type { Socket } from "node:net";
import { startObfuscated } from "../../protocol/obfuscated2.ts";
import { toRecords } from "../../protocol/tls-records.ts";
import type { Limits } from "./config.ts";
import type { Connections } from "./connections.ts";
import type { CoverSite } from "./cover-site.ts";
import { plainAddress } from "./endpoint.ts";
import { FirstBytes } from "./first-bytes.ts";
import { type Client, identifyClientHello, identifyHeader, openFakeTls } from "./identify.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Ledger } from "./ledger.ts";
import type { Meter } from "./meter.ts";
import { readOpening } from "./opening.ts";
import { type Relay, relay } from "./relay.ts";
import type { ReplayCache } from "./replay-cache.ts";
import type { Tally } from "./tally.ts";
import type { Telegram } from "./telegram.ts";

/** What serving a connection needs; shared by all connections. */
export interface Desk {
  readonly limits: Limits;
  readonly ring: KeyRing;
  readonly replays: ReplayCache;
  readonly cover: CoverSite;
  readonly telegram: Telegram;
  readonly connections: Connections;
  readonly ledger: Ledger;
  /** Every socket on either side. */
  readonly traffic: Meter;
  readonly tally: Tally;
}

/** The whole life of one accepted connection. Never rejects; the socket is closed when it is over. */
export async function serve(socket: Socket, desk: Desk): Promise<void> {
  watchSocket(socket, desk);
  try {
    const first = new FirstBytes(socket);
    const client = await identify(socket, first, desk);
    if (client === undefined) await receiveStranger(socket, first, desk);
    else await serveClient(socket, client, desk);
  } catch {
    // Bytes that a protocol does not allow, from someone with a key: nothing to answer.
    socket.destroy();
  }
}

function watchSocket(socket: Socket, { traffic, limits }: Desk): void {
  traffic.watch(socket);
  // Two pipelines and those who wait for news, each with a listener for every event.
  socket.setMaxListeners(30);
  socket.on("error", () => {});
  socket.setTimeout(limits.idleMs, () => socket.destroy());
}

async function identify(socket: Socket, first: FirstBytes, desk: Desk): Promise<Client | undefined> {
  const address = plainAddress(socket.remoteAddress ?? "");
  const deadline = AbortSignal.timeout(desk.limits.handshakeMs);
  const opening = await readOpening(first, deadline);
  if (opening === "header") return identifyHeader(first, address, desk.ring);
  return opening === "hello" ? greet(socket, first, address, desk) : undefined;
}

/** A fake-TLS client after its hello was answered; undefined for a hello that no client of ours sent, or not now. */
async function greet(socket: Socket, first: FirstBytes, address: string, desk: Desk): Promise<Client | undefined> {
  const { ring, cover, replays, tally, limits } = desk;
  const identity = await identifyClientHello(first, address, ring, (domain) => cover.isListed(domain));
  if (!identity.ok) {
    if (identity.reason === "clock-skew") tally.add("clockSkews");
    return undefined;
  }
  if (!replays.admit(identity.hello.random)) {
    tally.add("replays");
    return undefined;
  }
  const client = await openFakeTls(socket, first, identity, AbortSignal.timeout(limits.handshakeMs));
  if (client === undefined) socket.destroy();
  return client;
}

/** Somebody without a live key: sees the cover site, or silence, as the C proxy has it without a cover domain. */
async function receiveStranger(socket: Socket, first: FirstBytes, desk: Desk): Promise<void> {
  const { cover, tally, limits } = desk;
  if (socket.destroyed) return;
  tally.add("strangers");
  if (!cover.isSet) return ignore(socket, limits.silentMs);
  const peer = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  const isPointless = socket.readableEnded && first.seen.length === 0;
  const site = isPointless || cover.isOwnVisit(peer) ? undefined : await cover.connect();
  if (site === undefined) return hangUp(socket);
  watchSocket(site, desk);
  await relay({ client: socket, server: site, first: first.take() });
}

async function serveClient(socket: Socket, client: Client, desk: Desk): Promise<void> {
  const { ring, connections, ledger, telegram, tally } = desk;
  const live = ring.get(client.key);
  if (live === undefined || !connections.promote(socket, client.key)) return hangUp(socket);
  tally.add("clients");
  const noteTraffic = ledger.open(live.holder, socket);
  const server = await telegram.connect(client.session.datacenter);
  if (server === undefined) return apologize(socket, client, desk);
  watchSocket(server, desk);
  await relay({ client: socket, server, ...reEncryption(client, noteTraffic) });
}

/**
 * Nobody is there to carry the client's bytes to. As with the C proxy (mtproto-proxy.c:1771) a query gets no answer and the next one
 * ends the connection: a prober tells a live key from a dead one by it. A fake-TLS client knows by our hello that its key is live.
 */
function apologize(socket: Socket, { records, session, first }: Client, { telegram, tally, limits }: Desk): void {
  tally.add("unreachable");
  const knowsItsKeyIsLive = records !== undefined;
  if (knowsItsKeyIsLive || !telegram.isListed(session.datacenter)) hangUp(socket);
  else ignoreOneQuery(socket, first.length > 0, limits.silentMs);
}

function ignoreOneQuery(socket: Socket, isHere: boolean, silentMs: number): void {
  const waiting: Uint8Array | null = socket.read();
  let hasAsked = isHere || waiting !== null;
  ignore(socket, silentMs);
  socket.on("data", () => {
    if (hasAsked) hangUp(socket);
    hasAsked = true;
  });
}

/** Decrypts with the client's keys and encrypts with those towards the datacenter, frames unseen. */
function reEncryption(
  { session, records, first }: Client,
  noteTraffic: () => void,
): Pick<Relay, "first" | "outward" | "inward"> {
  const { transport, datacenter } = session;
  const towardsDatacenter = startObfuscated({ transport, datacenter });
  const pass = (data: Uint8Array): Uint8Array => towardsDatacenter.session.encrypt(session.decrypt(data));
  return {
    first: Buffer.concat([towardsDatacenter.header, pass(first)]),
    outward: (chunk) => {
      noteTraffic();
      return pass(records === undefined ? chunk : records.push(chunk));
    },
    inward: (chunk) => {
      noteTraffic();
      const data = session.encrypt(towardsDatacenter.session.decrypt(chunk));
      return records === undefined ? data : toRecords(data);
    },
  };
}

/** Takes what comes and says nothing. */
function ignore(socket: Socket, silentMs: number): void {
  const timer = setTimeout(() => socket.destroy(), silentMs);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  socket.resume();
}

/** Closes with FIN, not RST: what the peer still sends is read for a moment. */
function hangUp(socket: Socket): void {
  if (socket.writableEnded) return;
  ignore(socket, 2_000);
  socket.end();
}
