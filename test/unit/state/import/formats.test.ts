import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { settleNewcomers } from "../../../../src/domain/imported-users.ts";
import { revealSecret } from "../../../../src/domain/secret.ts";
import {
  detectFormat,
  type ImportFormatName,
  importFormatNames,
  importFormats,
} from "../../../../src/state/import/formats.ts";
import type { ForeignFile, ImportFormat, Source } from "../../../../src/state/import/source.ts";
import { samplePath, samples } from "../../../support/import-samples.ts";

async function foreignFile(path: string): Promise<ForeignFile> {
  const [text, name] = [await readFile(path, "utf8"), basename(path)];
  const format: ImportFormat = importFormats[detectFormat({ text, name })];
  const beside: Record<string, string> = {};
  for (const companion of format.companions ?? []) {
    const found = await readFile(join(dirname(path), companion), "utf8").catch(() => undefined);
    if (found !== undefined) beside[companion] = found;
  }
  return { text, name, beside };
}

function read(text: string, from: ImportFormatName, more: Partial<ForeignFile> = {}): Source {
  return importFormats[from].read({ text, name: "file", beside: {}, ...more });
}

const secretsOf = ({ found }: Source) => found.map(({ secret }) => revealSecret(secret));
const K1 = `${"0".repeat(31)}1`;
const K2 = `${"0".repeat(31)}2`;

describe.each(samples)("$format: $file", ({ format, file, people, refused = [], disabled = [] }) => {
  test("is recognised, and everybody in it comes with the secret that they were sent", async () => {
    const given = await foreignFile(samplePath({ file }));
    expect(detectFormat(given)).toBe(format);
    const source = importFormats[format as ImportFormatName].read(given);
    const { settled } = settleNewcomers(source.found, [], []);
    expect(Object.fromEntries(settled.map(({ name, newcomer }) => [name, revealSecret(newcomer.secret)]))).toEqual(
      people,
    );
    expect(settled.filter(({ newcomer }) => newcomer.enabled === false).map(({ name }) => name)).toEqual(disabled);
    expect(source.found.filter(({ otherLink }) => otherLink !== undefined)).toEqual([]);
    const told = source.refused.map(({ what, reason }) => `${what}: ${reason}`);
    expect(told.length).toBe(refused.length);
    for (const [index, start] of refused.entries()) expect(told[index]).toContain(start);
  });
});

describe("what a source leaves open", () => {
  test("is decided by --mode where the file serves several modes", () => {
    const text = `USERS = {"a": "${K1}"}\nMODES = {"classic": True, "secure": True, "tls": True}\n`;
    expect(secretsOf(read(text, "mtprotoproxy"))[0]).toMatch(/^ee/);
    expect(secretsOf(read(text, "mtprotoproxy", { mode: "padded" }))).toEqual([`dd${K1}`]);
    expect(secretsOf(read(text, "mtprotoproxy", { mode: "plain" }))).toEqual([K1]);
  });

  test("is told where the same keys had links that stop working", () => {
    const text = `USERS = {"a": "${K1}"}\n`;
    expect(read(text, "mtprotoproxy").notes.join()).toContain("plain and padded links there, which do not work here");
  });

  test("a computed value is not guessed: no cover domain, no people", () => {
    const text = `USERS = {"a": "${K1}"}\nTLS_DOMAIN = os.environ["DOMAIN"]\n`;
    const source = read(text, "mtprotoproxy");
    expect([source.found, source.refused[0]?.reason]).toEqual([[], "a fake-TLS secret needs a cover domain"]);
    expect(source.notes.join()).toContain("TLS_DOMAIN is computed there");
    expect(() => read("USERS = load()\n", "mtprotoproxy")).toThrow("computes USERS, and nothing of it is run");
  });

  test("older options of mtprotoproxy take modes away", () => {
    const secure = `USERS = {"a": "${K1}"}\nMODES = {"classic": True, "secure": True, "tls": False}\nSECURE_ONLY = True\n`;
    expect(secretsOf(read(secure, "mtprotoproxy"))).toEqual([`dd${K1}`]);
  });
});

describe("a link that cannot be the same here is marked", () => {
  test("where its domain has capitals, or a line break behind it as HirbodBehnam's mtg script makes it", () => {
    const upper = read(`[access.users]\na = "${K1}"\n[censorship]\ntls_domain = "WWW.Example.com"\n`, "telemt")
      .found[0];
    expect(upper?.otherLink).toContain("spelt in a way that no proxy of ours accepts");
    const broken = `ee${K1}${Buffer.from("www.example.com\n").toString("hex")}`;
    expect(read(`ExecStart=/usr/bin/mtg run ${broken}`, "mtg1").found[0]?.otherLink).toContain("send the new link");
    const whole = `ee${K1}${Buffer.from("www.example.com").toString("hex")}`;
    expect(read(`ExecStart=/usr/bin/mtg run ${whole}`, "mtg1").found[0]?.otherLink).toBeUndefined();
  });
});

describe("what is written down about people comes with them", () => {
  test.each<[ImportFormatName, string, string]>([
    ["mtproxymax", `a|${K1}|0|true|0|0|0|2030-01-31|hello|`, "2030-02-01T00:00:00.000Z"],
    ["mtproxymax", `a|${K1}|0|true|0|0|0|2030-01-31T10:00:00|hello|`, "2030-01-31T10:00:00.000Z"],
    [
      "telemt",
      `[access.users]\na = "${K1}"\n[access.user_expirations]\na = 2030-01-31T10:00:00+02:00\n[censorship]\ntls_domain = "a.example"`,
      "2030-01-31T08:00:00.000Z",
    ],
    ["mtprotoproxy", `USERS = {"a": "${K1}"}\nUSER_EXPIRATIONS = {"a": "31/01/2030"}`, "2030-01-31T00:00:00.000Z"],
  ])("the day on which a link ends, from %s", (from, text, end) => {
    expect(read(text, from).found[0]?.expiresAt).toBe(end);
  });

  test("notes of MTProxyMax", () => {
    expect(read(`a|${K1}|0|true|0|0|0|0|my uncle|`, "mtproxymax").found[0]?.note).toBe("my uncle");
  });

  test("a day that is none is no day", () => {
    expect(read(`a|${K1}|0|true|0|0|0|2030-13-77|x|`, "mtproxymax").found[0]?.expiresAt).toBeUndefined();
  });
});

describe("formats in other dress", () => {
  test("mtg run with options before and behind its secret", () => {
    const { found, settings } = read(`mtg run -d -b 0.0.0.0:443 --cloak-port=443 dd${K1} ${"ab".repeat(16)}`, "mtg1");
    expect([found.map(({ secret, port }) => [revealSecret(secret), port]), settings.tag]).toEqual([
      [[`dd${K1}`, 443]],
      "ab".repeat(16),
    ]);
  });

  test("a C proxy with a domain has fake-TLS links, and others of its domains are told", () => {
    const source = read(`mtproto-proxy -H 443 -S ${K1} -D a.example --domain=b.example`, "mtproto-proxy");
    expect(secretsOf(source)).toEqual([`ee${K1}${Buffer.from("a.example").toString("hex")}`]);
    expect(source.notes.join()).toContain("b.example");
  });

  test("a fork of mtg with several secrets keeps their names", () => {
    const ee = `ee${K1}${Buffer.from("a.example").toString("hex")}`;
    expect(read(`bind-to = "0.0.0.0:443"\n[secrets]\nalice = "${ee}"\n`, "mtg").found[0]).toMatchObject({
      name: "alice",
      port: 443,
    });
  });

  test("V2Ray's older inboundDetour, and an inbound alone", () => {
    const inbound = { protocol: "mtproto", port: 9453, settings: { users: [{ secret: K1 }] } };
    for (const document of [{ inboundDetour: [inbound] }, { inbound }, inbound])
      expect(secretsOf(read(JSON.stringify(document), "v2ray"))).toEqual([K1]);
  });

  test("MTProxyMax without its settings says which domain was assumed; without masking links are padded", () => {
    const line = `a|${K1}|0|true`;
    expect(read(line, "mtproxymax").notes[0]).toContain("fake-TLS as cloudflare.com");
    const beside = { "settings.conf": "MASKING_ENABLED='false'\n" };
    expect(secretsOf(read(line, "mtproxymax", { beside }))).toEqual([`dd${K1}`]);
  });

  test("the official image without a secret says where its keys are", () => {
    expect(read("SECRET=\nSECRET_COUNT=4\n", "official-env").notes[0]).toContain("/data/secret");
  });

  test("TOML that is none names the place and repeats nothing", () => {
    const broken = () => read(`[access.users]\na = ${K1}x"\n`, "telemt");
    expect(broken).toThrow("look at line 2");
    expect(broken).not.toThrow(K1.slice(0, 20));
  });
});

test("no kind of file and no text whatever is a bug: it is read, or refused in words without digits", () => {
  const pieces = fc.constantFrom(
    ...[
      "USERS = {",
      '"a": "',
      K1,
      '"}',
      "\n",
      "[access.users]\n",
      "secret = ",
      "SECRET=",
      "SECRET_ARY=(",
      ")",
      "{",
      "}",
      "[",
      "]",
    ],
    ...[
      '{"secrets":[{"value":"',
      '{"inbounds":[{"protocol":"mtproto","settings":',
      "|",
      "a|",
      "tg://proxy?server=a.b&port=1&secret=",
    ],
    ...[
      "mtg run ",
      "mtproto-proxy -S ",
      "'''",
      '"""',
      "\\",
      "#",
      "//",
      ",",
      ":",
      "=",
      "username,enabled,mode,\n",
      "\u0000",
      "é",
    ],
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((list) => list.join("")),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom(...importFormatNames), (text, from) => {
      try {
        detectFormat({ text, name: "x" });
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
      try {
        read(text, from);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect(String(error)).not.toContain(K1.slice(0, 16));
      }
    }),
    { numRuns: 3000 },
  );
});

test("nothing of a Python file is run, and what is no literal is passed over", () => {
  const text = `__import__("os").system("touch /tmp/never")\nUSERS = {"a": "${K2}"}\nif True:\n    USERS = {}\n`;
  expect(secretsOf(read(text, "mtprotoproxy"))).toHaveLength(1);
});
