import { dirname, join } from "node:path";
import type { HostContext } from "../../context.ts";
import { commandPrograms, type HostEntry, sameEntry } from "../../domain/host-record.ts";
import type { Machine } from "../../machine.ts";
import { entriesOf, forgetEntry, noteEntry } from "./host-context.ts";

const FOLDER = "/usr/local/bin";

/** Whether a command is this product's: it leads into the folder of our programs. */
export async function isOurProgram(machine: Machine, path: string): Promise<boolean> {
  const [target, ours] = await Promise.all([machine.realPath(path), machine.realPath(machine.ourselves[1])]);
  return target !== undefined && ours !== undefined && dirname(target) === dirname(ours);
}

/**
 * Puts our commands where every shell finds them. One that another program has, anywhere on PATH, is neither replaced nor shadowed.
 * @returns a sentence; undefined when nothing could be put there
 */
export async function putCommands(ctx: HostContext): Promise<string | undefined> {
  const { files, machine } = ctx;
  if ((await files.stat(machine.at(FOLDER))) === undefined) return undefined;
  const names: string[] = [];
  for (const [name, program] of Object.entries(commandPrograms))
    if (await putCommand(ctx, name, program)) names.push(name);
  return names.length === 0 ? undefined : `commands in ${FOLDER}: ${names.join(", ")}`;
}

async function putCommand(ctx: HostContext, name: string, program: string): Promise<boolean> {
  const { machine } = ctx;
  const path = join(FOLDER, name);
  const target = join(dirname(machine.ourselves[1]), program);
  const [found] = await machine.findOnPath(name);
  const elsewhere = machine.root === undefined && found !== undefined && found !== path;
  if (elsewhere && (await isOurProgram(machine, found))) return false;
  const entry: HostEntry = { part: "commands", kind: "link", what: path };
  const isInPlace = (await machine.readLink(machine.at(path))) === target;
  if (elsewhere || !(isInPlace || (await isFree(ctx, entry)))) {
    ctx.progress.warn(foreign(name, elsewhere ? found : path));
    return false;
  }
  await noteEntry(ctx, entry);
  if (isInPlace) return true;
  await ctx.files.remove(machine.at(path));
  await machine.link(machine.at(path), target);
  return true;
}

/** Nothing is there, or a link that we made when the package was somewhere else. */
async function isFree(ctx: HostContext, entry: HostEntry): Promise<boolean> {
  if (!(await ctx.machine.hasEntry(ctx.machine.at(entry.what)))) return true;
  const isRecorded = (await entriesOf(ctx, "commands")).some((it) => sameEntry(it, entry));
  return isRecorded && (await isOurLink(ctx, entry.what));
}

/** Only a link is removed that still leads to us, be it to a package that is gone. */
export async function removeCommand(ctx: HostContext, entry: HostEntry): Promise<void> {
  const { machine } = ctx;
  if (await isOurLink(ctx, entry.what)) await ctx.files.remove(machine.at(entry.what));
  else if (await machine.hasEntry(machine.at(entry.what)))
    ctx.progress.warn(`${entry.what} is not ours any more: it stays`);
  await forgetEntry(ctx, entry);
}

async function isOurLink({ machine }: HostContext, path: string): Promise<boolean> {
  const target = await machine.readLink(machine.at(path));
  const program = commandPrograms[path.slice(FOLDER.length + 1)];
  return target !== undefined && program !== undefined && target.endsWith(`/bin/${program}`);
}

function foreign(name: string, path: string): string {
  const instead = name === "vless-user" ? "; mtproxy vless-user does the same for our part" : "";
  return `${path} is another program's ${name}: it is left as it is${instead}`;
}
