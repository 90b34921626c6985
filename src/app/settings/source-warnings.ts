import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { refuses, sourceRule } from "../../domain/source-rule.ts";
import { type Haproxy, usersBackend } from "../../haproxy.ts";

/** What an admin should know who changes where people may come from: whom it shuts out, as far as these are connected now. */
export async function sourceWarnings(ctx: Context, before: Settings, after: Settings): Promise<string[]> {
  const rule = sourceRule(after);
  if (rule === undefined || JSON.stringify(rule) === JSON.stringify(sourceRule(before))) return [];
  if (after.routing !== "edge") return [NEEDS_EDGE];
  const people = await connected(await ctx.haproxy());
  const shutOut = people.filter(({ address }) => refuses(rule, address));
  return shutOut.length === 0 ? [] : [tell(shutOut)];
}

const NEEDS_EDGE = "source_list is saved and needs HAProxy routing to count: mtproxy enable-haproxy-routing";

/** Somebody's server entry in HAProxy, and where they are connected from. */
interface Connected {
  readonly name: string;
  readonly address: string;
}

/** Whoever got in with a key, workers of before included; nobody where HAProxy does not answer. */
async function connected(haproxy: Haproxy): Promise<Connected[]> {
  try {
    const { oldWorkers } = await haproxy.processes();
    const all = await Promise.all([haproxy.sessions(), ...oldWorkers.map((pid) => haproxy.sessions(pid))]);
    const theirs = all.flat().filter(({ backend }) => backend === usersBackend);
    return theirs.map(({ server, source }) => ({ name: nameOf(server), address: addressOf(source) }));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** Of whom an entry is: `NAME`, `NAME:old`, `secret:ID`. */
function nameOf(server: string): string {
  return server.replace(/:(?:old|user)$/, "");
}

/** Without the port. */
function addressOf(source: string): string {
  return source.slice(0, source.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

/** Each with one of their addresses. */
function tell(people: readonly Connected[]): string {
  const each = [...new Map(people.map(({ name, address }) => [name, address]))];
  const some = each.slice(0, 5).map(([name, address]) => `${name} (${address})`);
  const all = each.length > some.length ? [...some, `${each.length - some.length} more`] : some;
  return `this shuts out who is connected now: ${all.join(", ")}; open connections go on, the next one goes to the cover site`;
}
