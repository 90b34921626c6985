import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { Visitor } from "../ports.ts";

/** A command that was typed has a shell, sudo and a server for SSH above it. */
const MOST_ANCESTORS = 20;

type Environment = Readonly<Record<string, string | undefined>>;

/** Whoever typed this command. sudo keeps the name and forgets the address: that is in the environment of what called it. */
export async function findOperator(env: Environment = process.env): Promise<Visitor> {
  const status = await statusOf("self");
  const connection = await sshConnection(env, status);
  return {
    user: env.SUDO_USER ?? accountName(),
    uid: process.getuid?.() ?? 0,
    terminal: terminalName(status?.terminal ?? 0),
    from: addressIn(connection) ?? null,
    sshPort: portIn(connection),
  };
}

/** `203.0.113.9 50122 192.0.2.1 22`: client and server. */
async function sshConnection(env: Environment, status: ProcessStatus | undefined): Promise<string | undefined> {
  return addressIn(env.SSH_CONNECTION) === undefined ? connectionAbove(status?.parent ?? 0) : env.SSH_CONNECTION;
}

/** A uid may have no name in a container. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 0}`;
  }
}

interface ProcessStatus {
  readonly parent: number;
  /** Device number of the controlling terminal; 0 for none. */
  readonly terminal: number;
}

/** proc_pid_stat(5); the program's name is in brackets, and may have any in itself. */
async function statusOf(pid: number | "self"): Promise<ProcessStatus | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [, parent, , , terminal] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return parent === undefined ? undefined : { parent: Number(parent), terminal: Number(terminal) };
}

/** Majors 136 to 143 are pseudo-terminals, 256 each; 4 is the machine's own (Linux' devices.txt). */
function terminalName(device: number): string | null {
  const [major, minor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)];
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return device === 0 ? null : `${major}:${minor}`;
}

function addressIn(connection: string | undefined): string | undefined {
  return /^[0-9a-f.:]+(%\w+)?(?= )/i.exec(connection ?? "")?.[0];
}

function portIn(connection: string | undefined): number | null {
  const [, port] = /^\S+ \d+ \S+ (\d{1,5})$/.exec(connection ?? "") ?? [];
  return port === undefined ? null : Number(port);
}

/** Of the processes that this one was started by, whose environment root may read. */
async function connectionAbove(pid: number): Promise<string | undefined> {
  for (let at = pid, count = 0; at > 1 && count < MOST_ANCESTORS; count++) {
    const text = await readFile(`/proc/${at}/environ`, "latin1").catch(() => "");
    const found = /(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(text)?.[1];
    if (addressIn(found) !== undefined) return found;
    at = (await statusOf(at))?.parent ?? 0;
  }
  return undefined;
}
