import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { EdgeEntry } from "../../domain/edge-entries.ts";
import { instanceAddress } from "../../domain/edge-network.ts";
import { INNER_PORT } from "../../domain/shard.ts";
import type { Haproxy, ServerEntry } from "../../haproxy.ts";
import { handOverKeys, keysInUse } from "./agent-keys.ts";
import type { EdgePlan, Sides } from "./edge-deployment.ts";

/**
 * Gives the agents the keys of everybody whose shard runs already, and closes what is open of those who lost theirs. New people get
 * their server entry first: an agent that knew them earlier would name one that is not there.
 * @returns agents that work with the keys
 */
export async function revokeFirst(ctx: Context, haproxy: Haproxy, plan: EdgePlan, sides: Sides): Promise<number> {
  const before = await keysInUse(ctx);
  const served = plan.entries.filter(({ shardId }) => sides.has(shardId));
  const known = new Set((await haproxy.servers()).map(({ name }) => name));
  const fresh = serverEntries(served, plan.subnet, sides).filter(({ name }) => !known.has(name));
  for (const server of fresh) await haproxy.addServer(server);
  const losers = [...new Set([...lostServers(before, plan.entries), ...(await leftOpen(ctx))])];
  if (losers.length > 0) await ctx.files.write(noteOf(ctx), JSON.stringify(losers), { mode: 0o600 });
  const agents = await handOverKeys(ctx, plan.keys(served));
  await Promise.all(losers.filter((name) => known.has(name)).map((name) => haproxy.closeSessions(name)));
  if (losers.length > 0) await ctx.files.remove(noteOf(ctx));
  return agents;
}

/**
 * Whether the agents' keys let in exactly whom they shall, and nothing waits to be closed. Whose time is over is refused by the daemon
 * before a command takes the key away.
 */
export async function isHandedOver(ctx: Context, entries: readonly EdgeEntry[]): Promise<boolean> {
  const inUse = await keysInUse(ctx);
  const valid = entries.filter(({ refusal }) => refusal === undefined).map(({ key }) => key.reveal());
  const expired = new Set(entries.filter(({ refusal }) => refusal === "expired").map(({ key }) => key.reveal()));
  const present = [...inUse.keys()].filter((key) => !expired.has(key));
  const isSame = present.length === valid.length && valid.every((key) => inUse.has(key));
  return isSame && (await leftOpen(ctx)).length === 0;
}

/** Stands there while connections are to be closed: the key file that told of them is replaced before, and whoever did may be killed. */
function noteOf(ctx: Context): string {
  return join(ctx.paths.run, "closing.json");
}

/** Server entries that a command before meant to close. */
async function leftOpen(ctx: Context): Promise<string[]> {
  try {
    const names: unknown = JSON.parse((await ctx.files.readText(noteOf(ctx))) ?? "[]");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

export function serverEntries(entries: readonly EdgeEntry[], subnet: string, sides: Sides): ServerEntry[] {
  return entries.map(({ server, shardId }) => ({
    name: server,
    address: instanceAddress(subnet, shardId, sides.get(shardId) ?? "a"),
    port: INNER_PORT,
  }));
}

/**
 * Server entries of everybody who lost a key. Both of a person with two keys: a connection with the lost one may have been made when it
 * still was the current one.
 */
export function lostServers(
  before: ReadonlyMap<string, { readonly holder: string; readonly server: string }>,
  entries: readonly EdgeEntry[],
): string[] {
  const valid = new Set(entries.filter(({ refusal }) => refusal === undefined).map(({ key }) => key.reveal()));
  const losers = new Set([...before].flatMap(([key, { holder }]) => (valid.has(key) ? [] : [holder])));
  const all = [...before.values(), ...entries].filter(({ holder }) => losers.has(holder));
  return [...new Set(all.map(({ server }) => server))];
}
