import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "../../domain/errors.ts";
import { damaged } from "./header.ts";

/** How a payload was encrypted: scrypt (RFC 7914) makes the key, AES-256-GCM uses it; its tag is the end of the payload. */
export interface Encryption {
  readonly cipher: "aes-256-gcm";
  readonly kdf: "scrypt";
  /** Cost of scrypt: it takes 128 · n · r bytes of memory. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** Hex. */
  readonly salt: string;
  /** Hex. */
  readonly iv: string;
  /** Tells a wrong passphrase from a changed file; hex. Says as much of the passphrase as the encrypted text itself. */
  readonly check: string;
}

/** 128 MiB and about half a second: what a small server can spare. */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
const TAG_BYTES = 16;

interface Keys {
  readonly cipher: Uint8Array;
  readonly check: string;
}

/**
 * @param bind what stands beside in clear and must not be changed either
 * @returns what decryption needs to know, and the payload
 */
export async function encrypt(
  plain: Uint8Array,
  passphrase: string,
  bind: (encryption: Encryption) => string,
): Promise<{ encryption: Encryption; payload: Uint8Array }> {
  const parameters = { ...COST, salt: randomBytes(16).toString("hex") };
  const iv = randomBytes(12);
  const keys = await deriveKeys(passphrase, parameters);
  const encryption: Encryption = {
    cipher: "aes-256-gcm",
    kdf: "scrypt",
    ...parameters,
    iv: iv.toString("hex"),
    check: keys.check,
  };
  const cipher = createCipheriv("aes-256-gcm", keys.cipher, iv).setAAD(Buffer.from(bind(encryption)));
  const payload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { encryption, payload };
}

/** @throws AppError invalid for a wrong passphrase, and for a file that was changed */
export async function decrypt(
  payload: Uint8Array,
  passphrase: string,
  encryption: Encryption,
  bound: string,
  path: string,
): Promise<Uint8Array> {
  if (!isReadable(encryption)) throw damaged(path, "its header was changed");
  const keys = await deriveKeys(passphrase, encryption);
  if (!isSame(keys.check, encryption.check)) throw wrongPassphrase(path);
  const end = payload.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keys.cipher, Buffer.from(encryption.iv, "hex"), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(bound)).setAuthTag(payload.subarray(end));
    return Buffer.concat([decipher.update(payload.subarray(0, end)), decipher.final()]);
  } catch {
    throw damaged(path, "the passphrase is right, but the file was changed since it was made");
  }
}

/** Cheaper than ours is fine, dearer may be somebody's attempt to use up the memory. */
function isReadable({ cipher, kdf, n, r, p, salt, iv }: Encryption): boolean {
  const isHex = (text: unknown, bytes: number) =>
    typeof text === "string" && new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(text);
  const isCost = Number.isInteger(Math.log2(n)) && n > 1 && n * r * p <= 4 * COST.n * COST.r && r > 0 && p > 0;
  return cipher === "aes-256-gcm" && kdf === "scrypt" && isCost && isHex(salt, 16) && isHex(iv, 12);
}

function deriveKeys(passphrase: string, { n, r, p, salt }: Pick<Encryption, "n" | "r" | "p" | "salt">): Promise<Keys> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((found, fail) => {
    scrypt(passphrase.normalize("NFC"), Buffer.from(salt, "hex"), 64, options, (error, derived) => {
      if (error !== null) fail(error);
      else found({ cipher: derived.subarray(0, 32), check: checkOf(derived.subarray(32)) });
    });
  });
}

function checkOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("mtproxy backup").digest("hex").slice(0, 16);
}

function isSame(a: string, b: unknown): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(String(b))];
  return left.length === right.length && timingSafeEqual(left, right);
}

function wrongPassphrase(path: string): AppError {
  return new AppError("invalid", `the passphrase of ${path} is another one`, {
    hint: "nothing was changed; try again, capitals and blanks count",
  });
}
