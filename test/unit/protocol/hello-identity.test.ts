import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { buildClientHello, type HelloSize, helloDigest } from "../../../src/protocol/client-hello.ts";
import {
  clientHelloLength,
  type HelloRefusal,
  type HelloRules,
  helloLimits,
  identifyHello,
  isAllowedTime,
  readClientHello,
} from "../../../src/protocol/hello-identity.ts";
import { anyBytes, anyKey } from "./arbitraries.ts";

const key = Key.parse("00112233445566778899aabbccddeeff");
const now = 1_795_000_000;
const domain = "cover.example.org";

function hello(options: { size?: HelloSize; domain?: string; key?: Key; unixTime?: number } = {}): Buffer {
  return Buffer.from(buildClientHello({ size: "short", domain, key, unixTime: now, ...options }).record);
}

function identify(received: Uint8Array, rules: Partial<HelloRules> = {}) {
  return identifyHello(received, { keys: [key], isKnownDomain: (name) => name === domain, now, ...rules });
}

function refusal(received: Uint8Array, rules: Partial<HelloRules> = {}): HelloRefusal | undefined {
  const identity = identify(received, rules);
  return identity.ok ? undefined : identity.reason;
}

/** The hello with some bytes changed and signed again, so that only the change can be what is refused. */
function resigned(record: Buffer): Buffer {
  const digest = helloDigest(record, key);
  digest.writeUInt32LE((digest.readUInt32LE(28) ^ now) >>> 0, 28);
  record.set(digest, 11);
  return record;
}

describe("a fake-TLS hello", () => {
  it("tells whose it is, which domain it names and what time it claims", () => {
    const anyKeys = fc.uniqueArray(anyKey, { minLength: 1, maxLength: 16, selector: (any) => any.reveal() });
    const anyTime = fc.integer({ min: now - 599, max: now + 3 });
    fc.assert(
      fc.property(
        anyKeys,
        fc.nat(),
        anyTime,
        fc.constantFrom<HelloSize>("short", "long"),
        (keys, pick, unixTime, size) => {
          const mine = keys[pick % keys.length] ?? key;
          const identity = identify(hello({ key: mine, unixTime, size }), { keys });
          expect(identity).toMatchObject({ ok: true, domain, unixTime });
          if (identity.ok) expect(identity.key.equals(mine)).toBe(true);
        },
      ),
    );
  });

  it.each<[HelloRefusal, Uint8Array, Partial<HelloRules>]>([
    ["unmatched", hello({ key: Key.parse("ffeeddccbbaa99887766554433221100") }), {}],
    ["unmatched", hello(), { keys: [] }],
    ["unknown-domain", hello({ domain: "other.example.org" }), {}],
    ["unknown-domain", hello({ domain: "Cover.example.org" }), {}],
    ["no-sni", hello({ domain: "cover.example.org\0" }), { isKnownDomain: () => true }],
    ["trailing-bytes", Buffer.concat([hello(), Buffer.alloc(1)]), {}],
    ["too-long", hello({ size: "long" }), { limits: helloLimits.before2025 }],
    ["too-short", hello().subarray(0, 5).fill(1, 3, 5), {}],
    ["not-tls", Buffer.from("GET / HTTP/1.1\r\n"), {}],
    ["not-tls", Buffer.alloc(0), {}],
    ["clock-skew", hello({ unixTime: now + 4 }), {}],
    ["clock-skew", hello({ unixTime: now - 600 }), {}],
    ["replayed", hello(), { isReplay: () => true }],
    ["replayed", hello({ key: Key.parse("ffeeddccbbaa99887766554433221100") }), { isReplay: () => true }],
  ])("is refused as %s", (reason, received, rules) => {
    expect(refusal(received, rules)).toBe(reason);
  });

  it("is refused for each single byte that is changed on its way", () => {
    const record = hello();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: record.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(record);
        changed[at] = (changed[at] ?? 0) ^ mask;
        // The last four bytes of the random field carry the time.
        if (at >= 39 && at < 43) fc.pre(!isAllowedTime(now ^ ((mask << (8 * (at - 39))) >>> 0), now));
        expect(identify(changed).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("without SNI is refused as no-sni", () => {
    const record = hello();
    const at = record.indexOf(Buffer.concat([Buffer.from("0000", "hex"), Buffer.from([0, domain.length + 5])]));
    record.writeUInt16BE(0x7777, at);
    expect(refusal(resigned(record))).toBe("no-sni");
  });

  it("whose first cipher is not of TLS 1.3 is refused as no-cipher", () => {
    const record = hello();
    record.writeUInt16BE(0xc02b, 80);
    expect(refusal(resigned(record))).toBe("no-cipher");
    record.writeUInt16BE(0x1303, 80);
    expect(identify(resigned(record))).toMatchObject({ ok: true, hello: { cipher: 0x1303 } });
  });

  it("is taken later than ten minutes when it is newer than the server's first hello", () => {
    expect(identify(hello({ unixTime: now - 5000 }), { firstHelloAt: now - 5004 }).ok).toBe(true);
    expect(refusal(hello({ unixTime: now - 5000 }), { firstHelloAt: now - 5003 })).toBe("clock-skew");
  });

  it("is asked for replay with the random field it came with", () => {
    const record = hello();
    const seen: string[] = [];
    identify(record, {
      isReplay: (random) => {
        seen.push(Buffer.from(random).toString("hex"));
        return false;
      },
    });
    expect(seen).toEqual([record.toString("hex", 11, 43)]);
  });

  it.each([
    [3, true],
    [4, false],
    [-599, true],
    [-600, false],
  ])("%d s from the server's time is allowed: %s", (offset, allowed) => {
    expect(isAllowedTime(now + offset, now)).toBe(allowed);
  });

  it("tells its length as soon as five bytes are there, and that it is none as soon as that is sure", () => {
    const record = hello();
    for (const count of [0, 1, 2, 3, 4]) expect(clientHelloLength(record.subarray(0, count))).toBeUndefined();
    expect(clientHelloLength(record.subarray(0, 5))).toBe(517);
    for (const bytes of [[0x17], [0x16, 0x02], [0x16, 0x03, 0x03]]) {
      expect(clientHelloLength(Uint8Array.from(bytes))).toBe("not-tls");
    }
  });

  it("is read from noise without ever failing", () => {
    const start = Buffer.from("1603010200010001fc0303", "hex");
    fc.assert(
      fc.property(anyBytes(700), fc.boolean(), (noise, withStart) => {
        const received = withStart ? Buffer.concat([start, noise]) : noise;
        readClientHello(received);
        expect(identify(received, { limits: { minBytes: 0, maxBytes: 65_540 } }).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("is read from a hello cut or stretched anywhere without ever failing", () => {
    const record = hello({ size: "long" });
    for (let length = 0; length < record.length; length++) {
      expect(readClientHello(record.subarray(0, length))).toBeUndefined();
    }
    expect(readClientHello(Buffer.concat([record, Buffer.alloc(1)]))).toBeUndefined();
  });
});
