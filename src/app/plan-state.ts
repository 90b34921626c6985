import type { Context } from "../context.ts";
import { type Capabilities, dockerCapabilities, trialCapabilities } from "../domain/engine-facts.ts";
import { AppError } from "../domain/errors.ts";
import { Key } from "../domain/key.ts";
import { makePlan, type Plan, type PlanInput } from "../domain/plan/plan.ts";
import type { Settings } from "../domain/settings.ts";
import type { ShardBook } from "../domain/shard.ts";
import { defaultCoverDomain, loadState, type State } from "./load-state.ts";

export interface PlanOptions {
  /** A running shard may be restarted to add a cover domain to it. */
  readonly allowRestart?: boolean;
}

/** Address of a cover domain that has none: nothing listens there, so the C proxy's probe ends at once instead of after 5–20 s. */
const NOWHERE = "127.0.0.1";

/** How long an address that is known already is asked for anew. */
const RENEWAL_MS = 1000;

export function capabilitiesOf(settings: Settings): Capabilities {
  return settings.engine === "trial" ? trialCapabilities : dockerCapabilities;
}

/** A state and what it asks for. */
export interface PlannedState {
  readonly state: State;
  readonly plan: Plan;
}

/** Facts of the host that a plan needs, collected as plans ask for them. */
interface HostHints {
  readonly busyPorts: Set<number>;
  readonly addresses: Record<string, string>;
}

/** The plan for the state as it stands; writes nothing. */
export function planState(ctx: Context, options: PlanOptions = {}): Promise<PlannedState> {
  return withHints(ctx, (hints) => planOnce(ctx, hints, options));
}

/**
 * Plans and writes the shards down, so that keys, slots and ports are settled before anything is made live. Reading, deciding and
 * writing happen under the state lock; names are resolved outside it.
 */
export function settlePlan(ctx: Context, options: PlanOptions = {}): Promise<PlannedState> {
  return withHints(ctx, (hints) =>
    ctx.stores.exclusively("settling the plan", async () => {
      const planned = await planOnce(ctx, hints, options);
      if (unresolved(planned.plan, hints).length === 0) await saveBook(ctx, planned);
      return planned;
    }),
  );
}

async function withHints(ctx: Context, attempt: (hints: HostHints) => Promise<PlannedState>): Promise<PlannedState> {
  const hints: HostHints = { busyPorts: new Set(), addresses: {} };
  for (;;) {
    const planned = await attempt(hints);
    const domains = unresolved(planned.plan, hints);
    if (domains.length === 0) return planned;
    await Promise.all(
      domains.map(async (domain) => {
        hints.addresses[domain] = await pinFor(ctx, domain, knownPin(planned, domain));
      }),
    );
  }
}

async function planOnce(ctx: Context, hints: HostHints, options: PlanOptions): Promise<PlannedState> {
  const state = await loadState(ctx);
  for (;;) {
    const plan = makePlan(planInput(ctx, state, hints, options));
    const taken = await takenPorts(ctx, state, plan);
    if (taken.length === 0) return { state, plan };
    for (const port of taken) hints.busyPorts.add(port);
  }
}

async function saveBook(ctx: Context, { state, plan }: PlannedState): Promise<void> {
  if (JSON.stringify(bookText(plan.book)) !== JSON.stringify(bookText(state.book)))
    await ctx.stores.shards.write(plan.book);
}

/** The book with its keys spelt out, to compare two of them: a `Key` says nothing of itself. */
function bookText(book: ShardBook): unknown {
  return {
    ...book,
    shards: book.shards.map((shard) => ({
      ...shard,
      slots: shard.slots.map(({ key, holder }) => [key.reveal(), holder]),
    })),
  };
}

function planInput(ctx: Context, state: State, hints: HostHints, options: PlanOptions): PlanInput {
  const channel = state.promotedChannel;
  return {
    settings: state.settings,
    capabilities: capabilitiesOf(state.settings),
    users: state.users,
    sharedSecrets: state.sharedSecrets,
    book: state.book,
    tag: channel?.enabled === true ? channel.proxyTag : undefined,
    coverDomain: defaultCoverDomain(state),
    addresses: hints.addresses,
    busyPorts: hints.busyPorts,
    allowRestart: options.allowRestart ?? false,
    newKey: () => newKey(ctx),
  };
}

export function newKey(ctx: Context): Key {
  return Key.fromBytes(ctx.random.bytes(16));
}

/** Ports of shards that do not exist yet and that something else on this host holds. The set port is not ours to replace. */
async function takenPorts(ctx: Context, state: State, plan: Plan): Promise<number[]> {
  const known = new Set(state.book.shards.map((shard) => shard.port));
  const fresh = plan.book.shards.map((shard) => shard.port).filter((port) => !known.has(port));
  const free = await Promise.all(fresh.map((port) => ctx.host.isPortFree(port)));
  const taken = fresh.filter((_, index) => !free[index]);
  if (taken.includes(state.settings.port)) throw portTaken(state.settings.port);
  return taken;
}

function portTaken(port: number): AppError {
  return new AppError("environment", `port ${port} is taken by another program on this host`, {
    hint: `ss -ltnp 'sport = :${port}' shows by which; mtproxy setup --port N takes another one`,
  });
}

/**
 * Cover domains that need an address now: those without one, and those of shards that restart anyway, because the addresses of big
 * sites rotate and a changed one restarts its shard.
 */
function unresolved(plan: Plan, { addresses }: HostHints): string[] {
  const domains = plan.book.shards
    .filter((shard) => shard.family === "fake-tls")
    .flatMap(({ id, coverDomains, pinned }) =>
      coverDomains.filter((domain) => pinned[domain] === undefined || (plan.reasons.get(id) ?? []).length > 0),
    );
  return [...new Set(domains)].filter((domain) => addresses[domain] === undefined);
}

function knownPin({ state }: PlannedState, domain: string): string | undefined {
  return state.book.shards.map(({ pinned }) => pinned[domain]).find((address) => address !== undefined);
}

/** An address that is known already is kept when DNS does not answer soon. */
async function pinFor(ctx: Context, domain: string, known: string | undefined): Promise<string> {
  const address = await ctx.host.resolve4(domain, known === undefined ? undefined : RENEWAL_MS);
  if (address === undefined && known === undefined) {
    ctx.progress.warn(
      `cover domain ${domain} has no address now: its links work, but strangers are turned away instead of shown the site`,
    );
  }
  return address ?? known ?? NOWHERE;
}
