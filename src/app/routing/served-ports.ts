import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { Plan } from "../../domain/plan/types.ts";
import type { Settings } from "../../domain/settings.ts";

/** Ports of this host that HAProxy has for this home: nobody else holds them. None in direct routing. */
export async function portsOfHaproxy(ctx: Context, { routing }: Pick<Settings, "routing">): Promise<readonly number[]> {
  if (routing !== "edge") return [];
  const config = await ctx.files.readText(join(ctx.paths.rendered, "haproxy/haproxy.cfg"));
  if (config === undefined) return [];
  return (await import("../../render/haproxy.ts")).readHaproxy(config).ports;
}

/** A port that HAProxy serves is in somebody's link, also when the book does not know of it: it was lost, or an old one came back. */
export function keepServed(plan: Plan, served: readonly number[]): Plan {
  const { book } = plan;
  const known = new Set([...book.retiredPorts, ...book.shards.map(({ port }) => port)]);
  const unknown = served.filter((port) => !known.has(port));
  return unknown.length === 0 ? plan : { ...plan, book: { ...book, retiredPorts: [...book.retiredPorts, ...unknown] } };
}
