import type { HostContext } from "../../context.ts";
import { hasOwnSite } from "../../domain/cover-site.ts";
import type { HostEntry } from "../../domain/host-record.ts";
import { linkPorts, portWords } from "../../domain/link-ports.ts";
import type { Settings } from "../../domain/settings.ts";
import type { ShardBook } from "../../domain/shard.ts";
import { SITE_PORT, siteAddress } from "../../domain/site-address.ts";
import { entriesOf, forgetEntry, noteEntry, runTool } from "./host-context.ts";
import type { HostFacts } from "./host-facts.ts";

/** By this a rule in `ufw status` is known as ours. */
export const RULE_COMMENT = "familytraffic-mtproxy";

/** Docker publishes ports in a table that is asked before UFW's own: what it publishes is open whatever UFW says. */
const DOCKER_BYPASSES =
  "ports that Docker publishes are reachable whatever UFW says, denied ones too: Docker's own rules come first. The UFW rule" +
  " says what is meant, and opens the port for what does not run in Docker; with --docker-firewall UFW's route rules count";

/**
 * `allow`, never `limit`: that refuses the sixth connection in 30 seconds, and one app opens eight.
 * @returns a sentence; undefined when there is no UFW
 */
export async function putFirewallRule(
  ctx: HostContext,
  settings: Settings,
  ufw: HostFacts["ufw"],
): Promise<string | undefined> {
  if (ufw === "missing" || ctx.machine.root !== undefined) return undefined;
  const { engine, routing, dockerFirewall } = settings;
  const wanted = firewallRules(settings, await ctx.stores.shards.read());
  for (const entry of await entriesOf(ctx, "firewall"))
    if (!wanted.includes(entry.what)) await removeFirewallRule(ctx, entry);
  if (engine === "docker" && routing === "direct" && !dockerFirewall) ctx.progress.warn(DOCKER_BYPASSES);
  const missing: string[] = [];
  for (const what of wanted) if (!(await isAllowed(ctx, what))) missing.push(what);
  if (missing.length === 0) return `UFW allows ${wanted.join(", ")} already`;
  for (const what of missing) {
    await noteEntry(ctx, { part: "firewall", kind: "rule", what });
    await runTool(ctx, ["ufw", "allow", ...ruleWords(what), "comment", RULE_COMMENT]);
  }
  const inactive = ufw === "active" ? "" : " (UFW is not active: the rule counts once it is)";
  return `UFW rule added: ${missing.join(", ")} (MTProxy)${inactive}`;
}

/**
 * HAProxy is a program of this machine, so that UFW counts for every port that it serves: those of the range too, which shards get as
 * people come. Where strangers get a site of this server's, the proxies take theirs to it: from their own network, at a port of this
 * machine that nobody else is let in to.
 */
export function firewallRules(
  settings: Pick<Settings, "port" | "portRange" | "routing" | "coverSite" | "edgeSubnet">,
  book: Pick<ShardBook, "shards" | "retiredPorts">,
): string[] {
  const { port, routing, edgeSubnet } = settings;
  if (routing === "direct") return [`${port}/tcp`];
  const served = linkPorts(settings, book).map((range) => `${portWords(range)}/tcp`);
  const site = edgeSubnet !== undefined && hasOwnSite(settings);
  return [...served, ...(site ? [`${SITE_PORT}/tcp at ${siteAddress(edgeSubnet)} from ${edgeSubnet}`] : [])];
}

/** As UFW wants to hear it, and shows it afterwards. */
function ruleWords(what: string): string[] {
  const [, port, address, subnet] = /^(\d+)\/tcp at (\S+) from (\S+)$/.exec(what) ?? [];
  if (port === undefined || address === undefined || subnet === undefined) return [what];
  return ["from", subnet, "to", address, "port", port, "proto", "tcp"];
}

export async function removeFirewallRule(ctx: HostContext, entry: HostEntry): Promise<void> {
  const isThere = (await ctx.machine.findOnPath("ufw")).length > 0 && (await isAllowed(ctx, entry.what));
  if (isThere) await runTool(ctx, ["ufw", "--force", "delete", "allow", ...ruleWords(entry.what)]);
  await forgetEntry(ctx, entry);
}

/** As the rules were typed, whether UFW is active or not. */
async function isAllowed(ctx: HostContext, what: string): Promise<boolean> {
  const added = await runTool(ctx, ["ufw", "show", "added"]);
  const rules = added.split("\n").map((line) => line.replace(/ comment .*/, "").trim());
  const typed = ruleWords(what).join(" ");
  return [typed, typed.replace(/\/tcp$/, "")].some((words) => rules.includes(`ufw allow ${words}`));
}
