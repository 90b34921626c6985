import { basename, dirname, join, sep } from "node:path";
import type { HostContext } from "../../context.ts";
import type { FileStat } from "../../ports.ts";
import { containerUser } from "../live/deployment.ts";
import { type Check, failed, ok, skipped, some, warning } from "./check.ts";

/** Something in the home. */
interface Entry {
  readonly path: string;
  readonly stat: FileStat;
}

/** Why an entry is not as it should be, and what makes it so. */
interface Fault {
  readonly path: string;
  readonly words: string;
  readonly remedy: string;
  /** Somebody else can get at a key, or change what we do. */
  readonly isGrave: boolean;
}

/** Files of the state that hold no key. */
const KEYLESS = /\/(mtproxy_config\.json|engine\.json|fake_tls_domains\.txt|telegram\/[^/]+)$/;

/** Of what is rendered these hold keys; the rest is written for containers to read. */
const SECRET_RENDERED = new Set(["keys", "proxy-secret", "trial.json"]);

export const permissionsCheck: Check = {
  id: "permissions",
  title: "nobody else can read what holds keys",
  run: async ({ ctx }) => {
    if ((await ctx.files.stat(ctx.paths.settings)) === undefined) return skipped("no proxy is set up here yet");
    const entries = await ownEntries(ctx);
    const owners = await rightOwners(ctx);
    const faults = entries.flatMap((entry) => faultsOf(ctx, entry, owners));
    const grave = faults.filter(({ isGrave }) => isGrave);
    const [first = faults[0]] = grave;
    if (first === undefined)
      return ok(`${entries.length} files and folders belong to the right user and to nobody else`);
    const words = some((grave.length > 0 ? grave : faults).map((fault) => `${fault.path} ${fault.words}`));
    return grave.length > 0 ? failed(words, first.remedy) : warning(words, first.remedy);
  },
};

/** Everything in our own folders, and the way there. What lies beside it in a shared home is not ours to judge. */
async function ownEntries(ctx: HostContext): Promise<Entry[]> {
  const { home, settings, users, clients, rendered, logs, backups } = ctx.paths;
  const folders = [dirname(settings), clients, rendered, logs, backups];
  const around = [home, dirname(dirname(settings)), dirname(users), dirname(logs), users];
  const found = [...(await Promise.all(folders.map((path) => walk(ctx, path)))), await existing(ctx, around)];
  return found.flat();
}

async function walk(ctx: HostContext, path: string): Promise<Entry[]> {
  const own = await existing(ctx, [path]);
  if (own[0]?.stat.isFolder !== true) return own;
  const names = await ctx.files.list(path);
  const inside = await Promise.all(names.map((name) => walk(ctx, join(path, name))));
  return [...own, ...inside.flat()];
}

async function existing(ctx: HostContext, paths: readonly string[]): Promise<Entry[]> {
  const entries = await Promise.all(paths.map(async (path) => ({ path, stat: await ctx.files.stat(path) })));
  return entries.flatMap(({ path, stat }) => (stat === undefined ? [] : [{ path, stat }]));
}

interface Owners {
  /** Of what only this product reads. */
  readonly own: readonly number[];
  /** Of what containers read. */
  readonly container: number;
}

/** Whoever the home belongs to, and root, who could read it anyway. */
async function rightOwners(ctx: HostContext): Promise<Owners> {
  const home = await ctx.files.stat(ctx.paths.home);
  return { own: [0, home?.uid ?? 0, ctx.host.uid], container: containerUser(ctx).uid };
}

function faultsOf(ctx: HostContext, entry: Entry, owners: Owners): Fault[] {
  const isRendered = entry.path.startsWith(ctx.paths.rendered + sep);
  return [modeFault(ctx, entry, isRendered), ownerFault(ctx, entry, isRendered, owners)].flatMap(
    (fault) => fault ?? [],
  );
}

function modeFault(ctx: HostContext, { path, stat }: Entry, isRendered: boolean): Fault | undefined {
  const wanted = stat.isFolder === true ? 0o700 : 0o600;
  const isOpen = isRendered && stat.isFolder !== true && !SECRET_RENDERED.has(basename(path));
  const isShared = isAround(ctx, path);
  const forbidden = isOpen || isShared ? 0o022 : 0o077;
  if ((stat.mode & forbidden) === 0) return undefined;
  const isChangeable = (stat.mode & 0o022) !== 0;
  const who = isChangeable ? "can be changed" : "can be read";
  const right = isOpen ? 0o644 : isShared ? 0o755 : wanted;
  return {
    path,
    words: `${who} by others (${octal(stat.mode)})`,
    remedy: `chmod ${octal(right)} ${path}`,
    isGrave: isChangeable || !(stat.isFolder === true || KEYLESS.test(path)),
  };
}

/** Folders that a VLESS stack may share with us: its programs may look into them, and nobody may write there. */
function isAround({ paths }: HostContext, path: string): boolean {
  return [paths.home, dirname(dirname(paths.settings)), dirname(paths.users), dirname(paths.logs)].includes(path);
}

/** users.json keeps the owner that the VLESS stack gave it. What runs without root can give nothing away. */
function ownerFault(ctx: HostContext, { path, stat }: Entry, isRendered: boolean, owners: Owners): Fault | undefined {
  const isTheirs = isRendered && stat.uid === owners.container;
  if (path === ctx.paths.users || isAround(ctx, path) || isTheirs || owners.own.includes(stat.uid)) return undefined;
  return { path, words: `belongs to the user ${stat.uid}`, remedy: `chown ${owners.own[1]} ${path}`, isGrave: true };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, "0");
}
