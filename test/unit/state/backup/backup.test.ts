import { createHash, randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBackup, writeBackup } from "../../../../src/state/backup/backup.ts";
import { splitBackup } from "../../../../src/state/backup/header.ts";
import type { Backup } from "../../../../src/state/backup/payload.ts";

const PATH = "/root/a.backup";
const PASSPHRASE = "correct horse battery";
const backup: Backup = {
  createdAt: "2026-11-21T12:00:00.000Z",
  reason: "asked for",
  automatic: false,
  files: [
    { path: "data/users.json", mode: 0o600, content: Buffer.from('{"users": []}\n') },
    { path: "config/mtproxy/telegram/proxy-secret", mode: 0o600, content: randomBytes(128) },
  ],
};

const open = (bytes: Uint8Array, passphrase = PASSPHRASE) =>
  readBackup(splitBackup(bytes, PATH), PATH, async () => passphrase);

async function faultOf(bytes: Uint8Array, passphrase?: string): Promise<string> {
  try {
    await open(bytes, passphrase);
    return "none";
  } catch (error) {
    expect(error).toMatchObject({ name: "AppError", kind: "invalid" });
    return String(error);
  }
}

const plainBackup = await writeBackup(backup);
/** Made once: scrypt is slow on purpose. */
const encryptedBackup = await writeBackup(backup, PASSPHRASE);

describe.each([
  { kind: "plain", whole: plainBackup },
  { kind: "encrypted", whole: encryptedBackup },
])("a $kind backup", ({ whole }) => {
  test("gives back every byte", async () => {
    expect(await open(whole)).toEqual(backup);
  });

  test("that is cut off anywhere is refused", async () => {
    for (let length = 0; length < whole.length; length += 7)
      expect(await faultOf(whole.subarray(0, length))).toMatch(/cut off|no backup|header was changed/);
  });

  test("with a byte too many is refused", async () => {
    expect(await faultOf(Buffer.concat([whole, Buffer.from("x")]))).toContain("changed");
  });
});

test("a plain backup with any bit changed is refused", async () => {
  const whole = plainBackup;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      expect(await faultOf(changed)).not.toBe("none");
    }),
    { numRuns: 4000, examples: [[Buffer.from(whole).indexOf('"bytes":') + 8, 0]] },
  );
});

describe("an encrypted backup", () => {
  test("shows in clear when, why and how, and nothing of its files", async () => {
    const whole = Buffer.from(encryptedBackup);
    const { header, payload } = splitBackup(whole, PATH);
    expect(header).toMatchObject({
      createdAt: backup.createdAt,
      reason: "asked for",
      encryption: { cipher: "aes-256-gcm", kdf: "scrypt", n: 131072, r: 8, p: 1 },
    });
    expect(whole.includes("users.json")).toBe(false);
    expect(() => gunzipSync(payload)).toThrow();
  });

  test("tells another passphrase from a changed file", async () => {
    const whole = Buffer.from(encryptedBackup);
    expect(await faultOf(whole, "correct horse batterY")).toContain("the passphrase of /root/a.backup is another one");
    const { header } = splitBackup(whole, PATH);
    const line = whole.indexOf("\n", 15);
    const forged = Buffer.from(whole.subarray(line + 1));
    forged[0] = (forged[0] ?? 0) ^ 1;
    const head = whole
      .subarray(0, line)
      .toString()
      .replace(header.sha256, createHash("sha256").update(forged).digest("hex"));
    expect(await faultOf(Buffer.concat([Buffer.from(`${head}\n`), forged]))).toContain("the passphrase is right");
    const elsewhen = whole.subarray(0, line).toString().replace("2026-11-21", "2020-11-21");
    const moved = Buffer.concat([Buffer.from(`${elsewhen}\n`), whole.subarray(line + 1)]);
    expect(await faultOf(moved)).toContain("the passphrase is right, but the file was changed");
  });

  test("of one text is another one each time", async () => {
    const [a, b] = [encryptedBackup, await writeBackup(backup, PASSPHRASE)];
    expect(splitBackup(a, PATH).header.sha256).not.toBe(splitBackup(b, PATH).header.sha256);
  });

  test("that asks for more memory than a server has is refused before any is taken", async () => {
    const whole = Buffer.from(encryptedBackup).toString("latin1");
    const costly = Buffer.from(whole.replace('"n":131072', '"n":1073741824'), "latin1");
    expect(await faultOf(costly)).toContain("its header was changed");
  });
});

test("a backup of a newer version is refused, saying so", async () => {
  const newer = Buffer.from(
    Buffer.from(await writeBackup(backup))
      .toString("latin1")
      .replace('"version":1', '"version":2'),
    "latin1",
  );
  expect(await faultOf(newer)).toContain("was made by a newer mtproxy: it has version 2, this one reads 1");
});
