import type { Context } from "../../context.ts";
import type { CoverSite } from "../../domain/edge.ts";
import { patienceBounds } from "../../domain/setting-bounds.ts";
import type { Settings } from "../../domain/settings.ts";
import { buildGroupHello } from "../../protocol/client-hello.ts";
import type { PlannedState } from "../load-state.ts";

export interface FoundPatience {
  /** Seconds, to a tenth; absent where the site told none. */
  readonly patience?: number;
  /** What strangers can tell by it. */
  readonly warnings: readonly string[];
}

/** Longer than web servers commonly wait: Node's two minutes are the most. */
const MOST_MS = 125_000;
/** What strangers may find different. */
const BOUND_S = 0.3;
const X25519 = 0x001d;

/** What of a context it takes. */
interface Means {
  readonly host: Pick<Context["host"], "closingTimes">;
  readonly progress: Pick<Context["progress"], "step">;
}

/** Finds out how long a site lets a connection wait that says nothing, and one that stops in the middle of a hello. */
export async function findPatience(ctx: Means, site: CoverSite, mostMs = MOST_MS): Promise<FoundPatience> {
  const place = placeOf(site);
  if (place === undefined) return { warnings: [] };
  const name = `${place.host}:${place.port}`;
  ctx.progress.step(
    `waiting until ${name} ends a connection that says nothing, ${Math.round(mostMs / 1000)} s at most; --patience SECONDS spares that …`,
  );
  const times = await ctx.host.closingTimes(place, openings(), mostMs);
  const [silence, ...others] = times.map((time) => (time === undefined ? undefined : seconds(time)));
  if (silence === undefined || silence < patienceBounds.least) return { warnings: [unknown(name)] };
  const differs = others.filter((time) => time === undefined || Math.abs(time - silence) > BOUND_S);
  return { patience: silence, warnings: differs.length === 0 ? [] : [twoPatiences(name, silence, others)] };
}

/** Where only fake-TLS is served, silence is handed over late until somebody has measured the site. */
export function untoldPatience({ state: { settings }, plan }: Pick<PlannedState, "state" | "plan">): string[] {
  const { coverSite = { kind: "domains" } }: Settings = settings;
  const isKnown = coverSite.kind === "page" || coverSite.patience !== undefined;
  if (isKnown || plan.book.shards.some(({ family }) => family !== "fake-tls")) return [];
  const choice = coverSite.kind === "server" ? `--server ${coverSite.address}:${coverSite.port}` : "--domains";
  return [
    `nobody knows yet how long the cover site lets a connection wait that says nothing: mtproxy set-cover-site ${choice} finds it out`,
  ];
}

function placeOf(site: CoverSite): { host: string; port: number } | undefined {
  if (site.kind === "server") return { host: site.address, port: site.port };
  const [first] = site.kind === "domains" ? site.domains : [];
  return first && { host: first.address, port: 443 };
}

/** Nothing, the first byte of a hello, and half of one. */
function openings(): Uint8Array[] {
  const hello = buildGroupHello("www.example.org", X25519);
  return [new Uint8Array(), hello.subarray(0, 1), hello.subarray(0, Math.floor(hello.length / 2))];
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

function unknown(name: string): string {
  return `${name} does not tell how long it lets a connection wait that says nothing: where only fake-TLS is served, strangers who say nothing wait up to 3 s longer than there`;
}

function twoPatiences(name: string, silence: number, others: readonly (number | undefined)[]): string {
  const said = others.map((time) => (time === undefined ? "longer" : `${time} s`)).join(" and ");
  return `${name} waits ${silence} s for somebody who says nothing, and ${said} for part of a hello: HAProxy knows one time, and takes the first`;
}
