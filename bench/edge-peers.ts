import { createServer, type Socket } from "node:net";

/**
 * What stands behind HAProxy in the benchmark, in a process of its own: `shard PORT` answers the first bytes with one, and each four
 * bytes after them with as many as they say; `echo SOCKET` is an agent that looks at nothing and says the same of everybody.
 */
const [role = "", place = ""] = process.argv.slice(2);

const CHUNK = Buffer.alloc(256 * 1024, 7);
const HELLO = Buffer.concat([
  item("version", words("2.0")),
  // 16380, as a varint (SPOE.txt, section 3.1).
  item("max-frame-size", [3, 0xfc, 0xf0, 0x06]),
  item("capabilities", words("pipelining")),
]);
const ACTIONS = Buffer.concat([
  setVariable("why", words("ok")),
  setVariable("user", words("u0")),
  setVariable("server", words("u0")),
  setVariable("shard", [4, 1]),
]);

const [server, at] = role === "shard" ? [serveShard, Number(place)] : [serveEcho, place];
createServer(server).listen(typeof at === "number" ? { port: at, host: "127.0.0.1", backlog: 4096 } : { path: at });
console.log("ready");

function serveShard(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  let isFirst = true;
  socket.on("data", (data) => {
    if (isFirst) socket.write("k");
    else void pour(socket, data.readUInt32BE());
    isFirst = false;
  });
}

async function pour(socket: Socket, count: number): Promise<void> {
  for (let left = count; left > 0 && socket.writable; left -= CHUNK.length)
    if (!socket.write(CHUNK.subarray(0, left))) await new Promise((drained) => socket.once("drain", drained));
}

/** The bytes are written out here, so that nothing of the product is measured against itself (SPOE.txt, section 3.2). */
function serveEcho(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      answerFrame(socket, rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  });
}

function answerFrame(socket: Socket, frame: Buffer): void {
  if (frame[0] === 1) {
    socket.write(framed(Buffer.from([101, 0, 0, 0, 1, 0, 0]), HELLO));
    if (frame.includes("healthcheck")) socket.end();
  }
  if (frame[0] === 2) socket.end(framed(Buffer.from([102, 0, 0, 0, 1, 0, 0]), item("status-code", [3, 0])));
  // Type and flags, then stream and frame id as they came.
  if (frame[0] === 3)
    socket.write(framed(Buffer.from([103, 0, 0, 0, 1]), frame.subarray(5, 5 + idBytes(frame)), ACTIONS));
}

function idBytes(frame: Buffer): number {
  let at = 5;
  for (let count = 0; count < 2; count += 1) {
    const isLong = (frame[at++] ?? 0) >= 0xf0;
    if (isLong) while ((frame[at++] ?? 0) >= 0x80);
  }
  return at - 5;
}

function framed(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Both shorter than a varint's first byte can say. */
function item(name: string, value: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(value)]);
}

function words(value: string): number[] {
  return [8, value.length, ...Buffer.from(value)];
}

function setVariable(name: string, value: readonly number[]): Buffer {
  // Action 1 of three arguments, for the session.
  return Buffer.concat([Buffer.from([1, 3, 1]), item(name, value)]);
}
