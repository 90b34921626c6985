import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FirstBytes } from "../../../../src/engine/trial/first-bytes.ts";
import { socketPair } from "../../../support/sockets.ts";

let near: Socket;
let far: Socket;
beforeEach(async () => {
  ({ near, far } = await socketPair());
});
afterEach(() => {
  near.destroy();
  far.destroy();
});

const soon = () => performance.now() + 2_000;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("the first bytes of a connection", () => {
  it("are waited for piece by piece, and taken whole", async () => {
    const first = new FirstBytes(near);
    far.write("ab");
    const four = first.reach(4, soon());
    await setTimeout(20);
    far.write("cdef");
    expect(await four).toBe("here");
    expect(text(first.seen)).toBe("abcdef");
    expect(await first.reach(6, soon())).toBe("here");
    expect(text(first.take())).toBe("abcdef");
    expect(first.seen.length).toBe(0);
  });

  it("leave the rest of the stream to whoever goes on with it", async () => {
    const first = new FirstBytes(near);
    far.write("head");
    await first.reach(4, soon());
    far.end("body");
    let rest = "";
    for await (const chunk of near) rest += chunk;
    expect(text(first.take()) + rest).toBe("headbody");
  });

  it("tell when the peer has closed its side with too few of them", async () => {
    const first = new FirstBytes(near);
    far.end("abc");
    expect(await first.reach(4, soon())).toBe("ended");
    expect(text(first.seen)).toBe("abc");
    expect(first.isWanted).toBe(true);
  });

  it("tell when the connection breaks", async () => {
    const first = new FirstBytes(near);
    const waiting = first.reach(4, soon());
    far.resetAndDestroy();
    expect(await waiting).toBe("ended");
    expect(first.isWanted).toBe(false);
  });

  it("tell when the time is up, and keep what came", async () => {
    const first = new FirstBytes(near);
    far.write("abc");
    expect(await first.reach(4, performance.now() + 100)).toBe("late");
    expect(text(first.seen)).toBe("abc");
    far.write("d");
    expect(await first.reach(4, soon())).toBe("here");
  });

  it("leave no listener behind", async () => {
    const first = new FirstBytes(near);
    const before = near.listenerCount("readable") + near.listenerCount("close");
    for (let count = 1; count <= 20; count++) {
      far.write("x");
      await first.reach(count, soon());
    }
    expect(near.listenerCount("readable") + near.listenerCount("close")).toBe(before);
  });
});
