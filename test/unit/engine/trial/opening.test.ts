import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FirstBytes } from "../../../../src/engine/trial/first-bytes.ts";
import { readOpening } from "../../../../src/engine/trial/opening.ts";
import { buildClientHello } from "../../../../src/protocol/client-hello.ts";
import { startObfuscated } from "../../../../src/protocol/obfuscated2.ts";
import { numberedKey } from "../../../support/domain.ts";
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

const key = numberedKey(1);
const hello = (bytes: number): Uint8Array => {
  const record = Buffer.alloc(bytes, 1);
  record.set([0x16, 0x03, 0x01, (bytes - 5) >> 8, (bytes - 5) & 0xff]);
  return record;
};
const open = (milliseconds = 2_000) => readOpening(new FirstBytes(near), performance.now() + milliseconds);

describe("readOpening", () => {
  it.each(["short", "long"] as const)("knows a %s hello", async (size) => {
    far.write(buildClientHello({ size, domain: "a.example", key, unixTime: 1 }).record);
    expect(await open()).toBe("hello");
  });

  it("knows a header in any transport, also one that comes byte by byte", async () => {
    const { header } = startObfuscated({ transport: "abridged", datacenter: 2, key });
    const opening = open();
    for (const byte of header) far.write(Uint8Array.of(byte));
    expect(await opening).toBe("header");
  });

  it.each([
    [516, "other"],
    [517, "hello"],
    [4096, "hello"],
    [4097, "other"],
  ])(
    "takes a hello of %i bytes for %s, without waiting for what comes after five bytes that settle it",
    async (bytes, opening) => {
      far.write(opening === "hello" ? hello(bytes) : hello(bytes).subarray(0, 5));
      expect(await open()).toBe(opening);
    },
  );

  it.each(["GET / HTTP/1.1", "POST", "HEAD", "OPTIONS", "\xdd\xdd\xdd\xdd", "\xee\xee\xee\xee", "\xef123"])(
    "does not wait for more of %j",
    async (text) => {
      far.write(Buffer.from(text, "latin1"));
      const started = performance.now();
      expect(await open()).toBe("other");
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );

  it("gives up at the deadline and at the end of the stream", async () => {
    far.write("SSH-2.0-x");
    expect(await open(100)).toBe("other");
    far.end();
    expect(await open()).toBe("other");
  });
});
