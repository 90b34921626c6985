import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { buildClientHello } from "../../../src/protocol/client-hello.ts";
import { type ClientHello, readClientHello } from "../../../src/protocol/hello-identity.ts";
import { answerShape, buildServerAnswer, isGenuineAnswer } from "../../../src/protocol/server-hello.ts";
import { SERVER_HELLO_BYTES } from "../../support/server-hello-bytes.ts";
import { anyBytes, anyKey } from "./arbitraries.ts";

const key = Key.parse("00112233445566778899aabbccddeeff");

function hello(mine = key): ClientHello {
  const { record } = buildClientHello({ size: "long", domain: "a.example", key: mine, unixTime: 1_795_000_000 });
  const read = readClientHello(record);
  if (read === undefined) throw new Error("the hello is not readable");
  return read;
}

describe("a server's answer", () => {
  it("is a ServerHello of 127 bytes with the client's session id and cipher, ChangeCipherSpec and one record", () => {
    const asked = hello();
    const answer = Buffer.from(buildServerAnswer(asked, key, 2600));
    expect(answer.toString("hex", 0, 11)).toBe("160303007a020000760303");
    expect(answer.toString("hex", 43, 76)).toBe(`20${Buffer.from(asked.sessionId).toString("hex")}`);
    expect(answer.readUInt16BE(76)).toBe(asked.cipher);
    expect(answer.toString("hex", SERVER_HELLO_BYTES, SERVER_HELLO_BYTES + 11)).toBe("1403030001011703030a28");
    expect(answer).toHaveLength(SERVER_HELLO_BYTES + 6 + 5 + 2600);
  });

  it("has a last record as long as the C proxy's when nothing else is asked for", () => {
    for (let count = 0; count < 100; count++) {
      const length = buildServerAnswer(hello(), key).length - SERVER_HELLO_BYTES - 11;
      expect(length).toBeGreaterThanOrEqual(2500);
      expect(length).toBeLessThan(3620);
    }
  });

  it("is signed for this hello with this key, and for no other", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (mine, other) => {
        fc.pre(!mine.equals(other));
        const asked = hello(mine);
        const answer = buildServerAnswer(asked, mine, 64);
        expect(isGenuineAnswer(answer, asked.random, mine)).toBe(true);
        expect(isGenuineAnswer(answer, asked.random, other)).toBe(false);
        expect(isGenuineAnswer(answer, randomBytes(32), mine)).toBe(false);
      }),
    );
  });

  it("is not genuine with any byte changed", () => {
    const asked = hello();
    const answer = buildServerAnswer(asked, key, 64);
    for (let at = 0; at < answer.length; at++) {
      const changed = Uint8Array.from(answer);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isGenuineAnswer(changed, asked.random, key)).toBe(false);
    }
  });

  it("is incomplete until its last byte, and complete with whatever follows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), anyBytes(50), (size, rest) => {
        const answer = buildServerAnswer(hello(), key, size);
        for (let length = 0; length < answer.length; length++) {
          expect(answerShape(answer.subarray(0, length))).toEqual({ state: "incomplete" });
        }
        expect(answerShape(Buffer.concat([answer, rest]))).toEqual({ state: "complete", length: answer.length });
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["an alert", "15030300020228"],
    ["a web server without TLS", "485454502f312e31"],
    ["TLS 1.0", "160301007a"],
    ["an endless ServerHello", "160303ffff"],
    ["an empty ServerHello", "1603030000"],
  ])("is told from other answers at once: %s", (_, start) => {
    expect(answerShape(Buffer.from(start, "hex"))).toEqual({ state: "other" });
  });

  it("never makes its reader hold more than 21 kB, and noise never fails", () => {
    fc.assert(
      fc.property(anyBytes(300), (noise) => {
        expect(["incomplete", "other", "complete"]).toContain(answerShape(noise).state);
      }),
    );
    const largest = Buffer.concat([
      Buffer.from("1603031000", "hex"),
      Buffer.alloc(4096),
      Buffer.from("1403030001011703034100", "hex"),
      Buffer.alloc(16_640),
    ]);
    expect(answerShape(largest.subarray(0, -1)).state).toBe("incomplete");
    expect(answerShape(largest)).toEqual({ state: "complete", length: largest.length });
    expect(largest.length).toBeLessThan(21_000);
  });
});
