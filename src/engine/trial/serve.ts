import type { Socket } from "node:net";
import { serveClient } from "./client-service.ts";
import { hangUp, ignore } from "./closing.ts";
import { type Desk, watchSocket } from "./desk.ts";
import { plainAddress } from "./endpoint.ts";
import { FirstBytes } from "./first-bytes.ts";
import { type Client, identifyClientHello, identifyHeader, openFakeTls } from "./identify.ts";
import { readOpening } from "./opening.ts";
import { relay } from "./relay.ts";

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

async function identify(socket: Socket, first: FirstBytes, desk: Desk): Promise<Client | undefined> {
  const address = plainAddress(socket.remoteAddress ?? "");
  const until = performance.now() + desk.limits.handshakeMs;
  const opening = await readOpening(first, until);
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
  const client = await openFakeTls(socket, first, identity, performance.now() + limits.handshakeMs);
  if (client === undefined) socket.destroy();
  return client;
}

/** Somebody without a live key: sees the cover site, or silence, as the C proxy has it without a cover domain. */
async function receiveStranger(socket: Socket, first: FirstBytes, desk: Desk): Promise<void> {
  const { connections, cover, tally, limits } = desk;
  if (socket.destroyed) return;
  connections.estrange(socket);
  tally.add("strangers");
  if (!cover.isSet) return ignore(socket, limits.silentMs);
  const peer = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  const isPointless = socket.readableEnded && first.seen.length === 0;
  const site = isPointless || cover.isOwnVisit(peer) ? undefined : await cover.connect();
  if (site === undefined) return hangUp(socket);
  watchSocket(site, desk);
  await relay({ client: socket, server: site, first: first.take() });
}
