import { createDecipheriv, createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import {
  acceptHeader,
  looksLikeAnotherProtocol,
  type ObfuscatedSession,
  startObfuscated,
} from "../../../src/protocol/obfuscated2.ts";
import { acceptKeylessHeader } from "../../support/telegram/keyless-header.ts";
import { anyBytes, anyCuts, anyKey, anyTransport, chunksOf } from "./arbitraries.ts";

const anyDatacenter = fc.integer({ min: -32768, max: 32767 });
const key = Key.parse("00112233445566778899aabbccddeeff");

/** What arrives when `data` goes from one session to the other in chunks. */
function carry(data: Uint8Array, cuts: readonly number[], from: ObfuscatedSession, to: ObfuscatedSession): Uint8Array {
  const sent = Buffer.concat(chunksOf(data, cuts).map((chunk) => from.encrypt(chunk)));
  return Buffer.concat(chunksOf(sent, [...cuts].reverse()).map((chunk) => to.decrypt(chunk)));
}

describe("an obfuscated2 header", () => {
  it("tells the server which key, transport and datacenter it was made for, and opens both directions", () => {
    const anyData = fc.tuple(anyBytes(3000), anyBytes(3000), anyCuts);
    fc.assert(
      fc.property(
        fc.uniqueArray(anyKey, { minLength: 1, maxLength: 16, selector: (candidate) => candidate.reveal() }),
        fc.nat(),
        anyTransport,
        anyDatacenter,
        anyData,
        (keys, pick, transport, datacenter, [up, down, cuts]) => {
          const mine = keys[pick % keys.length] ?? key;
          const client = startObfuscated({ transport, datacenter, key: mine });
          const accepted = acceptHeader(client.header, keys);
          expect(accepted?.key.equals(mine)).toBe(true);
          expect(accepted?.session).toMatchObject({ transport, datacenter });
          if (accepted === undefined) return;
          expect(Buffer.compare(carry(up, cuts, client.session, accepted.session), up)).toBe(0);
          expect(Buffer.compare(carry(down, cuts, accepted.session, client.session), down)).toBe(0);
        },
      ),
    );
  });

  it("is made as the C proxy reads it: SHA-256 of key material and secret, AES-256-CTR, tag at 56, datacenter at 60", () => {
    const { header } = startObfuscated({ transport: "padded", datacenter: -3, key });
    const bytes = Buffer.from(header);
    const aesKey = createHash("sha256").update(bytes.subarray(8, 40)).update(Buffer.from(key.reveal(), "hex")).digest();
    const clear = createDecipheriv("aes-256-ctr", aesKey, bytes.subarray(40, 56)).update(bytes);
    expect(clear.toString("hex", 56, 60)).toBe("dddddddd");
    expect(clear.readInt16LE(60)).toBe(-3);
  });

  it("works without a secret, as towards Telegram itself", () => {
    fc.assert(
      fc.property(anyTransport, anyDatacenter, anyBytes(500), (transport, datacenter, data) => {
        const client = startObfuscated({ transport, datacenter });
        const server = acceptKeylessHeader(client.header);
        expect(server).toMatchObject({ transport, datacenter });
        if (server !== undefined) expect(Buffer.compare(carry(data, [64], client.session, server), data)).toBe(0);
      }),
    );
  });

  it("fits no other key, and none at all when there are none", () => {
    const other = Key.parse("ffeeddccbbaa99887766554433221100");
    const { header } = startObfuscated({ transport: "abridged", datacenter: 2, key });
    expect(acceptHeader(header, [other])).toBeUndefined();
    expect(acceptHeader(header, [])).toBeUndefined();
    expect(acceptKeylessHeader(header)).toBeUndefined();
  });

  it("is looked for in noise without finding one or failing", () => {
    for (let count = 0; count < 2000; count++) expect(acceptHeader(randomBytes(64), [key])).toBeUndefined();
  });

  it("of any other length than 64 is refused with an error that says so", () => {
    fc.assert(
      fc.property(anyBytes(200), (bytes) => {
        fc.pre(bytes.length !== 64);
        expect(() => acceptHeader(bytes, [key])).toThrow(AppError);
        expect(() => acceptHeader(bytes, [key])).toThrow("64 bytes");
      }),
    );
  });

  const forbidden = [
    "HEAD",
    "POST",
    "GET ",
    "OPTI",
    "\xdd\xdd\xdd\xdd",
    "\xee\xee\xee\xee",
    "\xef",
    "\x16\x03\x01\x02",
  ];
  it.each(forbidden)("never starts with %j, which servers take for something else", (start) => {
    const bad = Buffer.alloc(64, 1);
    bad.write(start, "latin1");
    const draws = [bad, Buffer.alloc(64, 2)];
    const { header } = startObfuscated({ transport: "padded", datacenter: 2, random: () => draws.shift() ?? bad });
    expect(looksLikeAnotherProtocol(bad)).toBe(true);
    expect(Buffer.from(header.subarray(0, 56))).toEqual(Buffer.alloc(56, 2));
  });

  it("never has a zero second word, which is the full transport's", () => {
    const bad = Buffer.alloc(64, 1).fill(0, 4, 8);
    const draws = [bad, Buffer.alloc(64, 2)];
    const { header } = startObfuscated({ transport: "padded", datacenter: 2, random: () => draws.shift() ?? bad });
    expect(header[4]).toBe(2);
  });
});
