import type { RelayContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Relay, RelayTarget } from "../../domain/relay.ts";
import { targetName } from "../../render/relay.ts";
import type { Outcome } from "../outcome.ts";
import { needRelay } from "./relay-folder.ts";

/** A server that clients are passed on to, and what HAProxy sees of it. */
export interface TargetState extends RelayTarget {
  /** It takes connections; null while no relay runs that could tell. */
  readonly up: boolean | null;
  /** Clients that are passed on to it now. */
  readonly connections: number | null;
}

export interface RelayState {
  /** Absolute. */
  readonly folder: string;
  readonly image: string;
  readonly ports: readonly number[];
  readonly running: boolean;
  /** HAProxy's own; null when it does not answer. */
  readonly version: string | null;
  readonly targets: readonly TargetState[];
}

/**
 * Whether a relay runs, and which of its servers it reaches.
 * @returns failure `unhealthy` when clients get nowhere
 * @throws AppError not-found when nothing is rendered there
 */
export async function showRelay(ctx: RelayContext, folder: string): Promise<Outcome<RelayState>> {
  const data = await relayState(ctx, folder, await needRelay(ctx, folder));
  const down = data.targets.filter(({ up }) => up === false).map(placeOf);
  const failure = faultOf(data, down);
  if (failure !== undefined) return { data, failure };
  return { data, warnings: down.map((place) => `${place} takes no connections: the other servers get its clients`) };
}

export async function relayState(ctx: RelayContext, folder: string, relay: Relay): Promise<RelayState> {
  const { engine, haproxy } = await ctx.relay(folder);
  const container = await engine.container();
  const running = container?.running === true;
  const asked = running
    ? await Promise.all([haproxy.info(), haproxy.counts("servers")]).catch(unlessSilent)
    : undefined;
  const [info, counts = []] = asked ?? [];
  const targets = relay.targets.map((target, index) => {
    const found = counts.find(({ name }) => name === targetName(index));
    return {
      ...target,
      up: found === undefined ? null : found.status.startsWith("UP"),
      connections: found?.open ?? null,
    };
  });
  return { folder, image: relay.image, ports: relay.ports, running, version: info?.version ?? null, targets };
}

function unlessSilent(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== "engine") throw error;
}

function faultOf({ folder, running, version, targets }: RelayState, down: readonly string[]): AppError | undefined {
  const hint = `mtproxy relay start --folder ${folder}`;
  if (!running) return new AppError("unhealthy", "the relay does not run", { hint });
  if (version === null) return new AppError("unhealthy", "the relay's HAProxy does not answer", { hint });
  if (down.length < targets.length) return undefined;
  return new AppError("unhealthy", `the relay reaches none of its servers: ${down.join(", ")}`, {
    hint: "mtproxy status on each of them; a firewall between may be it as well",
  });
}

export function placeOf({ host, port }: RelayTarget): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
