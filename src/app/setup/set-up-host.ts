import type { HostContext } from "../../context.ts";
import { AppError, AS_ROOT } from "../../domain/errors.ts";
import { type ChosenPart, type HostEntry, type HostPart, hostEntryKinds, hostParts } from "../../domain/host-record.ts";
import { linkPorts, multiport } from "../../domain/link-ports.ts";
import type { Settings } from "../../domain/settings.ts";
import { type HostFileFacts, logrotateFiles } from "../../render/host-files.ts";
import { putDaemonService } from "./daemon-service.ts";
import { putDockerFirewall, removeChain, removeRoute } from "./docker-firewall.ts";
import { putEdgeServices } from "./edge-services.ts";
import { jailState, putFail2ban } from "./fail2ban.ts";
import { putFirewallRule, removeFirewallRule } from "./firewall.ts";
import { putCompletion, putManual } from "./help-files.ts";
import { putCommands, removeCommand } from "./host-commands.ts";
import { entriesOf } from "./host-context.ts";
import { readServices, readUfw } from "./host-facts.ts";
import { putHostFiles, removeHostFile, removeHostFolder } from "./host-files.ts";
import { putTimers, reloadUnits, removeTimer } from "./host-timers.ts";

/** What is wanted on the machine. A part that nobody named stays as it is: made whole where it is there, absent where it is not. */
export type HostWishes = { readonly [part in ChosenPart]?: boolean | undefined };

export interface HostPartState {
  readonly part: HostPart;
  readonly installed: boolean;
}

/**
 * Installs, repairs or removes the parts, each for itself: one that fails keeps no other from being there.
 * @returns what is there, and what went wrong
 */
export async function setUpHost(
  ctx: HostContext,
  wishes: HostWishes,
  settings: Settings,
  isInterrupted: () => boolean = () => false,
): Promise<{ readonly parts: HostPartState[]; readonly failures: AppError[] }> {
  const parts: HostPartState[] = [];
  const failures: AppError[] = [];
  for (const part of hostParts) {
    if (isInterrupted()) return { parts, failures: [...failures, new AppError("interrupted", "interrupted")] };
    try {
      parts.push({ part, installed: await setUpPart(ctx, part, settings, wishes) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failures.push(error);
      parts.push({ part, installed: false });
    }
  }
  return { parts, failures };
}

/** What follows a setting is there only for containers: nothing else is published past UFW, or routed by HAProxy. */
export function wishFor(
  part: HostPart,
  wishes: HostWishes,
  { dockerFirewall, routing, engine, statsApi }: Settings,
): boolean | undefined {
  const isEdge = routing === "edge" && engine === "docker";
  if (part === "docker-firewall") return dockerFirewall && engine === "docker";
  if (part === "stats-api") return statsApi && !isEdge;
  return part === "edge" ? isEdge : wishes[part];
}

/**
 * One part of them.
 * @returns whether it is there
 * @throws AppError of what could not be done
 */
export async function setUpPart(
  ctx: HostContext,
  part: HostPart,
  settings: Settings,
  wishes: HostWishes = {},
): Promise<boolean> {
  const before = await entriesOf(ctx, part);
  const isWanted = wishFor(part, wishes, settings) ?? before.length > 0;
  if (!isWanted && before.length === 0) return false;
  // Whoever is not root has them run otherwise; that nobody does is told where it matters.
  if (isService(part) && before.length === 0 && !mayChange(ctx)) return false;
  if (!mayChange(ctx)) throw needsRoot(part);
  if (!isWanted) {
    await removePart(ctx, part);
    ctx.progress.step(`removed: ${part}`);
    return false;
  }
  const done = await installers[part](ctx, settings);
  if (done !== undefined) ctx.progress.step(done);
  else if (!isService(part) && (await entriesOf(ctx, part)).length === 0)
    ctx.progress.warn(`nothing is installed for ${part}: ${missing[part]}`);
  return (await entriesOf(ctx, part)).length > 0;
}

/** Services that a setting wants are missed where nothing else runs them. */
function isService(part: HostPart): part is "edge" | "stats-api" {
  return part === "edge" || part === "stats-api";
}

/** Another root belongs to whoever made it. */
function mayChange({ host, machine }: HostContext): boolean {
  return host.uid === 0 || machine.root !== undefined;
}

function needsRoot(part: HostPart): AppError {
  return new AppError("environment", `only root may change what the machine has for ${part}`, {
    hint: AS_ROOT,
  });
}

const missing: Readonly<Record<Exclude<HostPart, "edge" | "stats-api">, string>> = {
  firewall: "there is no UFW here",
  "docker-firewall": "it takes UFW and the network of containers that were started once; then mtproxy setup again",
  timer: "neither systemd nor cron serves here (apt-get install cron, then: mtproxy setup --timer)",
  logrotate: "there is no logrotate here",
  fail2ban: "there is no fail2ban here",
  commands: "they are there already, or other programs have their names",
  completion: "no shell here looks for completions where Debian's do",
  man: "they are there already, or this package came without them",
};

type Installer = (ctx: HostContext, settings: Settings) => Promise<string | undefined>;

const installers: Readonly<Record<HostPart, Installer>> = {
  firewall: async (ctx, settings) => putFirewallRule(ctx, settings, await readUfw(ctx)),
  "docker-firewall": putDockerFirewall,
  edge: async (ctx, settings) => putEdgeServices(ctx, await fileFacts(ctx, settings), await readServices(ctx)),
  "stats-api": async (ctx, settings) => putDaemonService(ctx, await fileFacts(ctx, settings), await readServices(ctx)),
  timer: async (ctx, settings) => putTimers(ctx, await fileFacts(ctx, settings), await readServices(ctx)),
  logrotate: async (ctx, settings) => {
    if (!(await readServices(ctx)).logrotate) return undefined;
    const [path] = await putHostFiles(ctx, "logrotate", logrotateFiles(await fileFacts(ctx, settings)));
    return path && `log rotation: ${path}`;
  },
  fail2ban: async (ctx, settings) => putFail2ban(ctx, await fileFacts(ctx, settings), await readServices(ctx)),
  commands: (ctx) => putCommands(ctx),
  completion: (ctx) => putCompletion(ctx),
  man: (ctx) => putManual(ctx),
};

async function fileFacts({ paths, machine, stores }: HostContext, settings: Settings): Promise<HostFileFacts> {
  return {
    home: paths.home,
    logs: paths.logs,
    command: machine.ourselves,
    ports: multiport(linkPorts(settings, await stores.shards.read())),
    jail: jailState(settings),
  };
}

type Remover = (ctx: HostContext, entry: HostEntry) => Promise<void>;

const removers: Readonly<Record<HostEntry["kind"], Remover>> = {
  timer: removeTimer,
  rule: removeFirewallRule,
  file: removeHostFile,
  link: removeCommand,
  chain: removeChain,
  route: removeRoute,
  folder: removeHostFolder,
};

/** Timers are ended, and rules taken out, before the files go that they are in. @throws AppError for what cannot be removed; what comes after it is left */
export async function removePart(ctx: HostContext, part: HostPart): Promise<void> {
  const entries = await entriesOf(ctx, part);
  for (const kind of hostEntryKinds)
    for (const entry of entries) if (entry.kind === kind) await removers[kind](ctx, entry);
  if (entries.some(({ kind }) => kind === "timer")) await reloadUnits(ctx);
}
