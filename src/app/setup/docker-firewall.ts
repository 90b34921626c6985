import type { HostContext } from "../../context.ts";
import { composeProject } from "../../domain/container-labels.ts";
import type { HostEntry } from "../../domain/host-record.ts";
import type { Settings } from "../../domain/settings.ts";
import { INNER_PORT } from "../../domain/shard.ts";
import {
  DOCKER_FIREWALL_SCRIPT,
  DOCKER_FIREWALL_UNIT,
  dockerFirewallFiles,
  isOurFile,
} from "../../render/host-files.ts";
import { RULE_COMMENT } from "./firewall.ts";
import { entriesOf, forgetEntry, noteEntry, runTool } from "./host-context.ts";
import { readServices, readUfw } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";

const PART = "docker-firewall";

/** Docker calls a network's bridge after the first digits of the network's id. */
const ID_DIGITS = 12;

/**
 * Lets UFW's rules for forwarded connections count for our containers, and for nobody else's: everything is tied to the bridge of our
 * own network. What this needs of UFW is one rule, which lets people in.
 * @returns a sentence; undefined when there is nothing that it could be done with
 */
export async function putDockerFirewall(ctx: HostContext, { engine }: Settings): Promise<string | undefined> {
  if (engine !== "docker" || (await readUfw(ctx)) === "missing") return undefined;
  const bridge = await findBridge(ctx);
  if (bridge === undefined) return undefined;
  await forgetOtherBridges(ctx, bridge);
  const { systemd, cron } = await readServices(ctx);
  await putHostFiles(ctx, PART, dockerFirewallFiles(bridge, systemd ? "systemd" : cron ? "cron" : undefined));
  await allowRoute(ctx, bridge);
  await noteEntry(ctx, { part: PART, kind: "chain", what: bridge });
  await runScript(ctx, "start");
  if (systemd) await enableUnit(ctx);
  return `UFW's route rules count for what our containers publish (${bridge}): ufw route allow|deny`;
}

/** The bridge of our containers' network; undefined as long as there is none. */
export async function findBridge({ machine }: HostContext): Promise<string | undefined> {
  const ours = ["--filter", `label=com.docker.compose.project=${composeProject}`];
  const { failed, stdout } = await machine.run([
    "docker",
    "network",
    "ls",
    "--no-trunc",
    ...ours,
    "--format",
    "{{.ID}}",
  ]);
  const id = failed ? undefined : /^[0-9a-f]{64}$/m.exec(stdout)?.[0];
  return id && `br-${id.slice(0, ID_DIGITS)}`;
}

/** A network that was made anew has another bridge; the script takes the rules out that are for the old one. */
async function forgetOtherBridges(ctx: HostContext, bridge: string): Promise<void> {
  for (const entry of await entriesOf(ctx, PART)) {
    if (entry.kind === "route" && !entry.what.endsWith(` on ${bridge}`)) await removeRoute(ctx, entry);
    if (entry.kind === "chain" && entry.what !== bridge) await forgetEntry(ctx, entry);
  }
}

/** Words of UFW for one rule of it. */
function routeRule(what: string): string[] {
  const [port = "", , bridge = ""] = what.replace("/tcp", "").split(" ");
  return ["allow", "out", "on", bridge, "proto", "tcp", "to", "any", "port", port];
}

/** The port is the one inside the containers: that is what a forwarded packet names. */
async function allowRoute(ctx: HostContext, bridge: string): Promise<void> {
  const what = `${INNER_PORT}/tcp on ${bridge}`;
  if (await isAllowed(ctx, what)) return;
  await noteEntry(ctx, { part: PART, kind: "route", what });
  await runTool(ctx, ["ufw", "route", ...routeRule(what), "comment", RULE_COMMENT]);
}

async function isAllowed(ctx: HostContext, what: string): Promise<boolean> {
  const added = (await runTool(ctx, ["ufw", "show", "added"]))
    .split("\n")
    .map((line) => line.replace(/ comment .*/, "").trim());
  const [, , , bridge, , , , , , port] = routeRule(what);
  return added.includes(`ufw route allow out on ${bridge} to any port ${port} proto tcp`);
}

export async function removeRoute(ctx: HostContext, entry: HostEntry): Promise<void> {
  const isThere = (await ctx.machine.findOnPath("ufw")).length > 0 && (await isAllowed(ctx, entry.what));
  if (isThere) await runTool(ctx, ["ufw", "--force", "route", "delete", ...routeRule(entry.what)]);
  await forgetEntry(ctx, entry);
}

async function enableUnit(ctx: HostContext): Promise<void> {
  await noteEntry(ctx, { part: PART, kind: "timer", what: DOCKER_FIREWALL_UNIT });
  await runTool(ctx, ["systemctl", "daemon-reload"]);
  await runTool(ctx, ["systemctl", "--quiet", "enable", DOCKER_FIREWALL_UNIT]);
}

/** Its files go after it: they know how. */
export async function removeChain(ctx: HostContext, entry: HostEntry): Promise<void> {
  const script = await ctx.files.readText(ctx.machine.at(DOCKER_FIREWALL_SCRIPT));
  if (script !== undefined && isOurFile(script)) await runScript(ctx, "stop");
  await forgetEntry(ctx, entry);
}

async function runScript(ctx: HostContext, verb: "start" | "stop"): Promise<void> {
  await runTool(ctx, ["sh", DOCKER_FIREWALL_SCRIPT, verb]);
}
