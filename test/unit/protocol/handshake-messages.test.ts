import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readResPq, readTransportError, reqPqMulti } from "../../../src/protocol/handshake-messages.ts";
import { readReqPq, resPq, transportError } from "../../support/telegram/server-messages.ts";
import { anyBytes } from "./arbitraries.ts";

const anyNonce = fc.uint8Array({ minLength: 16, maxLength: 16 });
const anyNow = fc.integer({ min: 0, max: 4e12 });
const anyPadding = anyBytes(15);

describe("the first step of the key exchange", () => {
  it("asks with a nonce that the server reads, padding or not", () => {
    fc.assert(
      fc.property(anyNonce, anyNow, anyPadding, (nonce, now, padding) => {
        const message = Buffer.from(reqPqMulti(nonce, now));
        expect(message).toHaveLength(40);
        expect(Buffer.from(readReqPq(Buffer.concat([message, padding])) ?? [])).toEqual(Buffer.from(nonce));
        expect(readResPq(message)).toBeUndefined();
      }),
    );
  });

  it("is written as the documentation's sample", () => {
    // core.telegram.org/mtproto/samples-auth_key; the message id is a time and differs.
    const nonce = Buffer.from("3e0549828cca27e966b301a48fece2fc", "hex");
    const message = Buffer.from(reqPqMulti(nonce, 1_700_000_000_250)).toString("hex");
    expect(message).toBe(
      `0000000000000000000000 4000f15365 14000000 f18e7ebe ${nonce.toString("hex")}`.replace(/ /g, ""),
    );
  });

  it("has message ids that are a time, divisible by four from a client and not from a server", () => {
    fc.assert(
      fc.property(anyNow, (now) => {
        const asked = Buffer.from(reqPqMulti(new Uint8Array(16), now)).readBigUInt64LE(8);
        const sample = {
          nonce: new Uint8Array(16),
          serverNonce: new Uint8Array(16),
          pq: Uint8Array.of(15),
          fingerprints: [],
        };
        const answered = Buffer.from(resPq(sample, now)).readBigUInt64LE(8);
        expect(asked >> 32n).toBe(BigInt(Math.floor(now / 1000)));
        expect([asked % 4n, answered % 4n]).toEqual([0n, 1n]);
      }),
    );
  });

  it("is answered with the same nonce", () => {
    const anyAnswer = fc.record({
      nonce: anyNonce,
      serverNonce: anyNonce,
      pq: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fingerprints: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(anyAnswer, anyNow, anyPadding, (answer, now, padding) => {
        const message = resPq(answer, now);
        expect(message.length % 4).toBe(0);
        const read = readResPq(Buffer.concat([message, padding]));
        expect(Buffer.from(read?.nonce ?? [])).toEqual(Buffer.from(answer.nonce));
        expect(Buffer.from(read?.serverNonce ?? [])).toEqual(Buffer.from(answer.serverNonce));
        expect(readReqPq(message)).toBeUndefined();
        expect(readTransportError(message)).toBeUndefined();
      }),
    );
  });

  it("is not found in noise, and noise does not break it", () => {
    fc.assert(
      fc.property(anyBytes(120), (noise) => {
        expect(readReqPq(noise)).toBeUndefined();
        expect(readResPq(noise)).toBeUndefined();
      }),
    );
  });

  it("is not read from a message that is cut off", () => {
    const message = reqPqMulti(new Uint8Array(16).fill(7), 1_700_000_000_000);
    for (let length = 0; length < message.length; length++)
      expect(readReqPq(message.subarray(0, length))).toBeUndefined();
    const nonce = new Uint8Array(16);
    const answer = resPq({ nonce, serverNonce: nonce, pq: Uint8Array.of(15), fingerprints: [1n] }, 0);
    for (let length = 0; length < answer.length; length++)
      expect(readResPq(answer.subarray(0, length))).toBeUndefined();
  });
});

describe("a transport error", () => {
  it("is one negative number, with padding behind it or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: -1 }), anyPadding, (code, padding) => {
        expect(readTransportError(Buffer.concat([transportError(code), padding]))).toBe(code);
      }),
    );
  });

  it("is not seen in a positive number, in less than four bytes or in a message", () => {
    expect(readTransportError(Uint8Array.of(1, 0, 0, 0))).toBeUndefined();
    expect(readTransportError(Uint8Array.of(255, 255, 255))).toBeUndefined();
    expect(readTransportError(new Uint8Array(20).fill(255))).toBeUndefined();
  });
});
