import { readFileSync } from "node:fs";
import { ProcessEnd } from "./fatal.ts";
import type { Log } from "./log.ts";

/** Set by the launcher: node itself raises its soft limit of open files before it runs anything. */
export const SOFT_LIMIT_VARIABLE = "STANDIN_NOFILE";

/** File descriptors that the original keeps beside its connections (engine.c, raise_file_limit). */
const GAP = 16;
const SLACK = 3;
const CAP_SYS_RESOURCE = 24n;

/**
 * The connections that `-c` gets: root must be allowed as many open files, everybody else silently gets what there is.
 * @throws ProcessEnd
 */
export function fitConnections(wanted: number, log: Log): number {
  const { soft, hard } = openFilesLimit();
  if (process.getuid?.() !== 0) return Math.min(wanted, soft - GAP);
  const enough = soft >= wanted + GAP || hard >= wanted + GAP + SLACK || mayRaiseLimits();
  if (enough && wanted < 2 ** 30) return wanted;
  log.say("failed to set rlimit for open files. Try running as root or requesting smaller maxconns value.");
  log.say(`fatal: cannot raise open file limit to ${wanted + GAP}`);
  throw new ProcessEnd(1);
}

function openFilesLimit(): { soft: number; hard: number } {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  const number = (text: string | undefined): number => (text === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(text));
  const told = process.env[SOFT_LIMIT_VARIABLE];
  return { soft: number(told === undefined || told === "" ? soft : told), hard: number(hard) };
}

function mayRaiseLimits(): boolean {
  const [, bits = "0"] = /^CapEff:\s+([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return ((BigInt(`0x${bits}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

const SECRET_BYTES = { min: 32, max: 256 };
const DEFAULT_SECRET_FILE = "secret";

/**
 * Contents of proxy-secret. Without `--aes-pwd` a missing file is no error: no target ever becomes ready then.
 * @throws ProcessEnd
 */
export function loadSecret(file: string | undefined, log: Log): Uint8Array | undefined {
  const secret = readSecret(file ?? DEFAULT_SECRET_FILE);
  if (secret === undefined && file === undefined) return undefined;
  if (secret !== undefined && secret.length >= SECRET_BYTES.min && secret.length <= SECRET_BYTES.max) return secret;
  log.say(`fatal: cannot load secret definition file \`${file ?? "(null)"}'`);
  throw new ProcessEnd(1);
}

function readSecret(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

const DEFAULT_USER = "mtproxy";

/**
 * Root becomes somebody else for good; other users stay who they are.
 * @throws ProcessEnd
 */
export function changeUser(name: string | undefined, log: Log): void {
  if (process.getuid?.() !== 0 && process.geteuid?.() !== 0) return;
  const user = findUser(name || DEFAULT_USER);
  try {
    if (user === undefined) throw new Error(`can't find the user ${name || DEFAULT_USER} to switch to`);
    becomes(
      () => process.setgroups?.([user.gid]),
      "failed to clear supplementary groups list: Operation not permitted",
    );
    becomes(() => process.setgid?.(user.gid), `setgid (${user.gid}) failed. Operation not permitted`);
    becomes(() => process.setuid?.(user.uid), `failed to assume identity of user ${name || DEFAULT_USER}`);
  } catch (error) {
    log.say(`change_user_group: ${error instanceof Error ? error.message : String(error)}`);
    log.say(`fatal: cannot change user to ${name ?? "(none)"}`);
    throw new ProcessEnd(1);
  }
}

function becomes(change: () => void, complaint: string): void {
  try {
    change();
  } catch {
    throw new Error(complaint);
  }
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
