import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { buildClientHello, type HelloSize, SHORT_HELLO_BYTES } from "../../../src/protocol/client-hello.ts";
import { readClientHello } from "../../../src/protocol/hello-identity.ts";
import { type CoverSite, coverDomain, startCoverSite } from "../../support/cover-site.ts";
import { anyKey } from "./arbitraries.ts";

const key = Key.parse("00112233445566778899aabbccddeeff");
const unixTime = 1_795_000_000;
const sizes: readonly HelloSize[] = ["short", "long"];

const label = fc.stringMatching(/^[a-z0-9]{1,60}$/);
const anyDomain = fc
  .array(label, { minLength: 2, maxLength: 5 })
  .map((labels) => labels.join("."))
  .filter((name) => name.length <= 253);

describe("a ClientHello", () => {
  it("of the short kind has exactly 517 bytes for every domain that leaves room", () => {
    fc.assert(
      fc.property(anyDomain, anyKey, (domain, any) => {
        const { record } = buildClientHello({ size: "short", domain, key: any, unixTime });
        if (domain.length <= 182) expect(record).toHaveLength(SHORT_HELLO_BYTES);
        else expect(record.length).toBeLessThanOrEqual(772);
      }),
    );
  });

  it("of the long kind has 1,700 to 4,096 bytes for every domain", () => {
    fc.assert(
      fc.property(anyDomain, (domain) => {
        const { length } = buildClientHello({ size: "long", domain, key, unixTime }).record;
        expect(length).toBeGreaterThanOrEqual(1700);
        expect(length).toBeLessThanOrEqual(4096);
      }),
    );
  });

  it.each(sizes)("of the %s kind is one record that names the domain and offers TLS 1.3 first", (size) => {
    fc.assert(
      fc.property(anyDomain, (domain) => {
        const { record, random } = buildClientHello({ size, domain, key, unixTime });
        const bytes = Buffer.from(record);
        expect(bytes.toString("hex", 0, 3)).toBe("160301");
        expect(bytes.readUInt16BE(3)).toBe(bytes.length - 5);
        expect(bytes[3]).toBeGreaterThanOrEqual(2);
        const hello = readClientHello(record);
        expect(hello).toMatchObject({ serverName: domain, cipher: 0x1301 });
        expect(Buffer.from(hello?.random ?? [])).toEqual(Buffer.from(random));
      }),
    );
  });

  it.each(sizes)("of the %s kind has no extension twice, and the extensions of its generation", (size) => {
    for (let count = 0; count < 50; count++) {
      const types = extensionsOf(buildClientHello({ size, domain: "a.example", key, unixTime }).record);
      expect(new Set(types).size).toBe(types.length);
      const known = [0, 5, 10, 11, 13, 16, 18, 23, 27, 35, 43, 45, 51, 0xff01];
      expect(types).toEqual(expect.arrayContaining(size === "long" ? [...known, 0xfe0d, 0x44cd] : [...known, 21]));
    }
  });

  it("of the long kind shuffles its extensions as browsers do", () => {
    const orders = Array.from({ length: 20 }, () =>
      extensionsOf(buildClientHello({ size: "long", domain: "a.example", key, unixTime }).record)
        .filter((type) => (type & 0x0f0f) !== 0x0a0a)
        .join(),
    );
    expect(new Set(orders).size).toBeGreaterThan(15);
  });

  it("is never the same twice", () => {
    const randoms = Array.from({ length: 50 }, () =>
      Buffer.from(buildClientHello({ size: "short", domain: "a.example", key, unixTime }).random).toString("hex"),
    );
    expect(new Set(randoms).size).toBe(50);
  });
});

describe("OpenSSL as a web server", () => {
  let site: CoverSite;
  beforeAll(async () => {
    site = await startCoverSite();
  });
  afterAll(() => site.close());

  it.each(sizes)("answers the %s hello with a ServerHello and not with an alert", async (size) => {
    const { record } = buildClientHello({ size, domain: coverDomain, key, unixTime });
    const answer = await firstAnswer(site, record);
    expect(answer.toString("hex", 0, 3)).toBe("160303");
    expect(answer[5]).toBe(2);
  });

  it("answers what is no hello with an alert or a close, so the test above can fail", async () => {
    const { record } = buildClientHello({ size: "short", domain: coverDomain, key, unixTime });
    const broken = Buffer.concat([record.subarray(0, 76), randomBytes(record.length - 76)]);
    expect((await firstAnswer(site, broken))[0]).not.toBe(0x16);
  });
});

function firstAnswer(site: CoverSite, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(site.port, site.host, () => socket.write(bytes));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data);
    });
    socket.once("end", () => resolve(Buffer.alloc(1)));
  });
}

/** Numbers of the extensions in order, read apart from the product's own reader. */
function extensionsOf(record: Uint8Array): number[] {
  const bytes = Buffer.from(record);
  const types: number[] = [];
  let at = 76 + 2 + bytes.readUInt16BE(76) + 2;
  const end = at + 2 + bytes.readUInt16BE(at);
  for (at += 2; at < end; at += 4 + bytes.readUInt16BE(at + 2)) types.push(bytes.readUInt16BE(at));
  expect([at, end]).toEqual([bytes.length, bytes.length]);
  return types;
}
