import type { Socket } from "node:net";
import { FrameDecoder } from "../../protocol/framing.ts";
import { startObfuscated } from "../../protocol/obfuscated2.ts";
import { toRecords } from "../../protocol/tls-records.ts";
import { hangUp, ignore } from "./closing.ts";
import { type Desk, watchSocket } from "./desk.ts";
import type { Client } from "./identify.ts";
import { type Relay, relay } from "./relay.ts";

/** The part of a connection that its key is known for: carries bytes between the client and Telegram. */
export async function serveClient(socket: Socket, client: Client, desk: Desk): Promise<void> {
  const { ring, connections, ledger, telegram, tally } = desk;
  const live = ring.get(client.key);
  if (live === undefined || !connections.promote(socket, client.key)) return hangUp(socket);
  tally.add("clients");
  const noteTraffic = ledger.open(live.holder, socket);
  const queries = openQueries(client);
  const server = await telegram.connect(client.session.datacenter);
  if (server === undefined) return apologize(socket, client, queries, desk);
  watchSocket(server, desk);
  await relay({ client: socket, server, ...reEncryption(client, queries.opening, noteTraffic) });
}

interface Queries {
  /** What came with the header, decrypted. */
  readonly opening: Uint8Array;
  readonly frames: FrameDecoder;
  /** Whether a whole query was among it. */
  readonly hasAsked: boolean;
}

/**
 * Looks at what came with the header as the C proxy does: a frame length that the transport does not allow ends the connection, by
 * which a prober tells a live key from a dead one whatever Telegram does. Later frames pass unseen.
 * @throws AppError invalid
 */
function openQueries({ session, first }: Client): Queries {
  const opening = session.decrypt(first);
  const frames = new FrameDecoder(session.transport);
  return { opening, frames, hasAsked: frames.push(opening).length > 0 };
}

/**
 * Nobody is there to carry the client's bytes to. As with the C proxy (mtproto-proxy.c:1771) a query gets no answer and the next one
 * ends the connection; so does nonsense. A fake-TLS client knows by our hello that its key is live.
 */
function apologize(socket: Socket, client: Client, queries: Queries, { tally, telegram, limits }: Desk): void {
  tally.add("unreachable");
  const knowsItsKeyIsLive = client.records !== undefined;
  if (knowsItsKeyIsLive || !telegram.isListed(client.session.datacenter)) hangUp(socket);
  else ignoreOneQuery(socket, client, queries, limits.silentMs);
}

function ignoreOneQuery(socket: Socket, { session }: Client, { frames, hasAsked }: Queries, silentMs: number): void {
  let asked = hasAsked ? 1 : 0;
  socket.on("data", (chunk) => {
    try {
      asked += frames.push(session.decrypt(chunk)).length;
    } catch {
      asked = Number.POSITIVE_INFINITY;
    }
    if (asked > 1) hangUp(socket);
  });
  ignore(socket, silentMs);
}

/** Decrypts with the client's keys and encrypts with those towards the datacenter. */
function reEncryption(
  { session, records }: Client,
  opening: Uint8Array,
  noteTraffic: () => void,
): Pick<Relay, "first" | "outward" | "inward"> {
  const { transport, datacenter } = session;
  const { header, session: upstream } = startObfuscated({ transport, datacenter });
  return {
    first: Buffer.concat([header, upstream.encrypt(opening)]),
    outward: (chunk) => {
      noteTraffic();
      return upstream.encrypt(session.decrypt(records === undefined ? chunk : records.push(chunk)));
    },
    inward: (chunk) => {
      noteTraffic();
      const data = session.encrypt(upstream.decrypt(chunk));
      return records === undefined ? data : toRecords(data);
    },
  };
}
