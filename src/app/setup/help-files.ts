import { basename, dirname, join } from "node:path";
import type { HostContext } from "../../context.ts";
import { commandPrograms } from "../../domain/host-record.ts";
import { completionFiles, completionFolders, shells } from "../../render/completion.ts";
import { manualFiles } from "../../render/manual-files.ts";
import { isOurProgram } from "./host-commands.ts";
import { entriesOf } from "./host-context.ts";
import { putHostFiles } from "./host-files.ts";

const MANUAL = "man1";

/** For each shell that looks for completions where Debian's does. @returns a sentence; undefined without such a shell */
export async function putCompletion(ctx: HostContext): Promise<string | undefined> {
  const isHere = await Promise.all(shells.map((shell) => hasFolder(ctx, completionFolders[shell])));
  const here = shells.filter((_, index) => isHere[index]);
  const names = await ownNames(ctx);
  const files = here.flatMap((shell) => names.flatMap((those) => completionFiles(shell, those)));
  const paths = await putHostFiles(ctx, "completion", files);
  return paths.length === 0 ? undefined : `Tab completes in ${here.join(", ")}`;
}

/** Whether a shell here could be helped by `completion`. */
export async function canComplete(ctx: HostContext): Promise<boolean> {
  const isHere = await Promise.all(shells.map((shell) => hasFolder(ctx, completionFolders[shell])));
  return isHere.includes(true);
}

async function hasFolder({ files, machine }: HostContext, path: string): Promise<boolean> {
  return (await files.stat(machine.at(path))) !== undefined;
}

/** Names of each of our programs; a vless-user of somebody else completes as it did. */
async function ownNames(ctx: HostContext): Promise<string[][]> {
  const programs = [["mtproxy", "familytraffic-mtproxy", "vless-mtproxy"], ["vless-user"]];
  const isOurs = await Promise.all(programs.map((names) => isOurName(ctx, names.at(-1) ?? "")));
  return programs.filter((_, index) => index === 0 || isOurs[index]);
}

async function isOurName({ machine }: HostContext, name: string): Promise<boolean> {
  const linked = await machine.readLink(machine.at(`/usr/local/bin/${name}`));
  const [found] = linked === undefined ? await machine.findOnPath(name) : [];
  if (linked !== undefined) return linked.endsWith(`/bin/${commandPrograms[name]}`);
  return found !== undefined && (await isOurProgram(machine, found));
}

/** The pages that came with the package. What npm or somebody else put where `man` looks serves as it is. */
export async function putManual(ctx: HostContext): Promise<string | undefined> {
  const folder = join(dirname(ctx.machine.ourselves[1]), "../man");
  const isOurs = await isOurName(ctx, "vless-user");
  const pages = ["familytraffic-mtproxy.1", ...(isOurs ? ["vless-user.1"] : [])];
  const texts = await Promise.all(
    pages.map(async (name) => [name, await ctx.files.readText(join(folder, name))] as const),
  );
  const found = texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  const files = found.flatMap(([name, text]) => manualFiles(name, text));
  const ours = (await entriesOf(ctx, "man")).map(({ what }) => what);
  const free = await Promise.all(
    files.map(async ({ path }) => ours.includes(path) || !(await isProvided(ctx, basename(path)))),
  );
  const paths = await putHostFiles(
    ctx,
    "man",
    files.filter((_, index) => free[index]),
  );
  return paths.length === 0 ? undefined : `manual pages: ${paths.join(", ")}`;
}

/** npm links pages into the folder beside that of node; Debian's packages compress theirs. */
async function isProvided({ machine }: HostContext, name: string): Promise<boolean> {
  const prefix = dirname(dirname(machine.ourselves[0]));
  const folders = [
    machine.at("/usr/share/man"),
    machine.at("/usr/local/share/man"),
    ...(machine.root === undefined ? [join(prefix, "share/man")] : []),
  ];
  const paths = folders.flatMap((folder) => ["", ".gz"].map((end) => join(folder, MANUAL, name + end)));
  return (await Promise.all(paths.map((path) => machine.hasEntry(path)))).includes(true);
}
