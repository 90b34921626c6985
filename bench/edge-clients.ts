import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Key } from "../src/domain/key.ts";
import { startObfuscated } from "../src/protocol/obfuscated2.ts";

/** Connects, says the first bytes and waits for the first of the answer. Microseconds. */
export async function setUp(port: number, key: Key, from?: string): Promise<number> {
  const start = performance.now();
  const socket = await open(port, key, from);
  const time = 1000 * (performance.now() - start);
  await closed(socket);
  return time;
}

export async function open(port: number, key: Key, from = "127.0.0.1"): Promise<Socket> {
  const { header } = startObfuscated({ transport: "padded", datacenter: 2, key });
  const socket = connect({ port, host: "127.0.0.1", localAddress: from, noDelay: true });
  socket.write(header);
  await new Promise((answered, fail) => socket.once("data", answered).once("error", fail).once("close", fail));
  return socket;
}

function closed(socket: Socket): Promise<unknown> {
  const ended = new Promise((done) => socket.once("close", done));
  // No time-wait for so many.
  socket.resetAndDestroy();
  return ended;
}

const BULK = 64 * 1024 * 1024;

/** Bytes a second over one connection. */
export async function throughput(port: number, key: Key): Promise<number> {
  const socket = await open(port, key);
  const ask = Buffer.alloc(4);
  ask.writeUInt32BE(BULK);
  const start = performance.now();
  socket.write(ask);
  await new Promise<void>((done) => {
    let left = BULK;
    socket.on("data", (chunk) => {
      left -= chunk.length;
      if (left <= 0) done();
    });
  });
  const seconds = (performance.now() - start) / 1000;
  await closed(socket);
  return BULK / seconds;
}

/** So many connections a second of people whom nobody knows, each from another address, until the process ends. */
export function strangers(port: number, perSecond: number): void {
  const everyMs = 10;
  let count = 0;
  setInterval(() => {
    for (let some = (perSecond * everyMs) / 1000; some > 0; some -= 1) {
      count += 1;
      const from = `127.1.${(count >> 8) & 255}.${count & 255}`;
      open(port, Key.fromBytes(randomBytes(16)), from).then(closed, () => {});
    }
  }, everyMs);
}
