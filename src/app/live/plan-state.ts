import type { Context } from "../../context.ts";
import { type Capabilities, dockerCapabilities, trialCapabilities } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { Key } from "../../domain/key.ts";
import { makePlan } from "../../domain/plan/plan.ts";
import type { Plan, PlanInput } from "../../domain/plan/types.ts";
import { groupTagsOf } from "../../domain/promoted-channel.ts";
import type { Settings } from "../../domain/settings.ts";
import type { ShardBook } from "../../domain/shard.ts";
import { defaultCoverDomain, loadState, type PlannedState, type State } from "../load-state.ts";
import { keepServed, portsOfHaproxy } from "../routing/served-ports.ts";
import { domainsToPin, findPins } from "./cover-domain-pins.ts";

export interface PlanOptions {
  /** A running shard may be restarted to add a cover domain to it. */
  readonly allowRestart?: boolean;
  /** Plan as if these were the settings, the people, the channels of groups. */
  readonly settings?: Settings;
  readonly users?: State["users"];
  readonly groupChannels?: State["groupChannels"];
  /** Every shard gets another port: this one and those behind it. */
  readonly portsFrom?: number | undefined;
}

export function capabilitiesOf(settings: Settings): Capabilities {
  return settings.engine === "trial" ? trialCapabilities : dockerCapabilities;
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
      await refuseTakenPort(ctx, planned);
      if (domainsToPin(planned.plan, hints.addresses).length === 0) await saveBook(ctx, planned);
      return planned;
    }),
  );
}

async function withHints(ctx: Context, attempt: (hints: HostHints) => Promise<PlannedState>): Promise<PlannedState> {
  const hints: HostHints = { busyPorts: new Set(), addresses: {} };
  for (;;) {
    const planned = await attempt(hints);
    const domains = domainsToPin(planned.plan, hints.addresses);
    if (domains.length === 0) return planned;
    Object.assign(hints.addresses, await findPins(ctx, planned, domains));
  }
}

async function planOnce(ctx: Context, hints: HostHints, options: PlanOptions): Promise<PlannedState> {
  const loaded = await loadState(ctx);
  const { settings = loaded.settings, users = loaded.users, groupChannels = loaded.groupChannels } = options;
  const state = { ...loaded, settings, users, groupChannels };
  const served = await portsOfHaproxy(ctx, settings);
  for (;;) {
    const plan = makePlan(planInput(ctx, state, hints, options));
    const taken = await takenPorts(ctx, state, plan, served);
    if (taken.length === 0) return { state, plan: keepServed(plan, served) };
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
    revoking: book.revoking.map((revoked) => ({ ...revoked, key: revoked.key.reveal() })),
    shards: book.shards.map((shard) => ({
      ...shard,
      slots: shard.slots.map((slot) => ({ ...slot, key: slot.key.reveal() })),
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
    groupTags: groupTagsOf(state.groupChannels),
    coverDomain: defaultCoverDomain(state),
    addresses: hints.addresses,
    busyPorts: hints.busyPorts,
    allowRestart: options.allowRestart ?? false,
    portsFrom: options.portsFrom,
    newKey: () => newKey(ctx),
  };
}

export function newKey(ctx: Context): Key {
  return Key.fromBytes(ctx.random.bytes(16));
}

/** Ports of shards that do not exist yet and that something else on this host holds; the set port is not ours to replace. */
async function takenPorts(ctx: Context, state: State, plan: Plan, served: readonly number[]): Promise<number[]> {
  const fresh = freshPorts(state, plan).filter((port) => port !== state.settings.port && !served.includes(port));
  const free = await Promise.all(fresh.map((port) => ctx.host.isPortFree(port)));
  return fresh.filter((_, index) => !free[index]);
}

/**
 * For whoever makes the plan live; to look at it, and to show a link, the port need not be free.
 * @throws AppError environment when the set port is a new one that something else on this host holds
 */
export async function refuseTakenPort(ctx: Context, { state, plan }: PlannedState): Promise<void> {
  const { port } = state.settings;
  const isOurs = (await portsOfHaproxy(ctx, state.settings)).includes(port);
  if (!isOurs && freshPorts(state, plan).includes(port) && !(await ctx.host.isPortFree(port))) throw portTaken(port);
}

function freshPorts({ book }: State, plan: Plan): number[] {
  const known = new Set(book.shards.map((shard) => shard.port));
  return plan.book.shards.map((shard) => shard.port).filter((port) => !known.has(port));
}

function portTaken(port: number): AppError {
  return new AppError("environment", `port ${port} is taken by another program on this host`, {
    hint: `ss -ltnp 'sport = :${port}' shows by which; mtproxy setup --port N takes another one`,
  });
}
