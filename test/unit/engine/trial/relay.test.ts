import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { relay } from "../../../../src/engine/trial/relay.ts";
import { socketPair } from "../../../support/sockets.ts";

const none = new Uint8Array(0);
let client: Socket;
let server: Socket;
let ends: { client: Socket; server: Socket };
beforeEach(async () => {
  const [left, right] = await Promise.all([socketPair(), socketPair()]);
  ({ far: client } = left);
  ({ far: server } = right);
  ends = { client: left.near, server: right.near };
});
afterEach(() => {
  for (const socket of [client, server, ends.client, ends.server]) socket.destroy();
});

/** Everything that comes until the end, without closing the other direction. */
async function collect(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  await once(socket, "end");
  return Buffer.concat(parts);
}

const flip = (chunk: Uint8Array): Uint8Array => chunk.map((byte) => byte ^ 0xff);

describe("the relay", () => {
  it("rewrites each direction on its own and sends the first bytes as they are", async () => {
    const over = relay({
      ...ends,
      first: Buffer.from("first "),
      outward: flip,
      inward: (chunk) => chunk.map((b) => b ^ 0x20),
    });
    const atServer = collect(server);
    const atClient = collect(client);
    client.end(flip(Buffer.from("question")));
    expect(String(await atServer)).toBe("first question");
    server.end("ANSWER");
    expect(String(await atClient)).toBe("answer");
    await over;
    expect(ends.client.destroyed && ends.server.destroyed).toBe(true);
  });

  it("passes one side's end on while the other still sends", async () => {
    const over = relay({ ...ends, first: none });
    const atServer = collect(server);
    const atClient = collect(client);
    client.end("question");
    expect(String(await atServer)).toBe("question");
    await setTimeout(50);
    server.write("long ");
    await setTimeout(50);
    server.end("answer");
    expect(String(await atClient)).toBe("long answer");
    await over;
  });

  it("goes on with a client that had closed its side before", async () => {
    client.end();
    ends.client.resume();
    await once(ends.client, "end");
    const over = relay({ ...ends, first: Buffer.from("all there is") });
    const atClient = collect(client);
    expect(String(await collect(server))).toBe("all there is");
    server.end("answer");
    expect(String(await atClient)).toBe("answer");
    await over;
  });

  it.each(["client", "server"] as const)("ends both connections when the %s breaks off", async (who) => {
    const over = relay({ ...ends, first: none });
    const [breaking, other] = who === "client" ? [client, server] : [server, client];
    const gone = once(other, "close");
    other.resume();
    breaking.resetAndDestroy();
    await over;
    other.end();
    await gone;
  });

  it("ends both connections when a rewrite fails", async () => {
    const over = relay({
      ...ends,
      first: none,
      outward: () => {
        throw new Error("not the protocol");
      },
    });
    client.write("x");
    await over;
    expect(ends.client.destroyed && ends.server.destroyed).toBe(true);
  });

  it("stops reading from a side while the other does not take what is there", async () => {
    const over = relay({ ...ends, first: none });
    client.pause();
    const block = randomBytes(1 << 20);
    for (let count = 0; count < 64; count++) server.write(block);
    await setTimeout(500);
    const held = ends.server.bytesRead - (ends.client.bytesWritten - ends.client.writableLength);
    expect(held).toBeLessThan(1 << 20);
    expect(ends.server.bytesRead).toBeLessThan(32 << 20);
    server.end();
    let received = 0;
    client.on("data", (chunk) => {
      received += chunk.length;
    });
    client.resume();
    await once(client, "end");
    expect(received).toBe(64 << 20);
    client.end();
    await over;
  });
});
