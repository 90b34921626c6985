import { isDeepStrictEqual } from "node:util";
import type { Context, HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { hasPassed } from "../../domain/expiry.ts";
import { afterFailure, mayTry, noFailure } from "../../domain/retry.ts";
import { hasSecret, type ProxyUser, secretsOf } from "../../domain/user.ts";
import { noFormer, type UserEdit } from "../../state/users-text.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { holdKeys } from "../people/hold-key.ts";
import { stillUsed } from "../people/still-used.ts";
import { STOPPED } from "./apply-plan.ts";
import { bringLive } from "./bring-live.ts";

export interface Ticked {
  /** Users whose links have ended with this. */
  readonly expired: readonly string[];
  /** Users whose old links have ended with this; the new ones go on working. */
  readonly overlapsEnded: readonly string[];
  /** Processes were changed. */
  readonly applied: boolean;
  /** ISO 8601: an apply failed lately and is not tried again before; null otherwise. */
  readonly retryAt: string | null;
}

/** What time has brought, as it was written down. */
interface Due {
  readonly expired: readonly ProxyUser[];
  readonly ended: readonly ProxyUser[];
}

/**
 * What time brings: links that expire, overlaps that end, changes that did not become live yet. One write of users.json and one
 * apply; nothing at all when nothing is due. A change that keeps failing is tried more and more seldom, and at once again when there
 * is something new.
 * @returns failure when something is saved but not live: these people may still have access
 */
export async function tick(ctx: HostContext, options: TickOptions): Promise<Outcome<Ticked>> {
  const { routing, statsApi } = await loadSettings(ctx);
  const hasServices = routing === "edge" || statsApi;
  const troubles = hasServices && options.dryRun !== true ? await renewServices(ctx) : [];
  const outcome = await doWhatIsDue(ctx, options);
  return troubles.length === 0 ? outcome : { ...outcome, warnings: [...troubles, ...(outcome.warnings ?? [])] };
}

interface TickOptions {
  readonly dryRun?: boolean | undefined;
}

/** What an upgrade of the package left running as it was. That it cannot be renewed keeps nothing from what is due. */
async function renewServices(ctx: HostContext): Promise<string[]> {
  try {
    const [{ renewEdgeServices }, { renewDaemonService }] = await Promise.all([
      import("../setup/edge-services.ts"),
      import("../setup/daemon-service.ts"),
    ]);
    if (await renewEdgeServices(ctx)) ctx.progress.step("agents and daemon are the installed version now");
    if (await renewDaemonService(ctx)) ctx.progress.step("the daemon is the installed version now");
    return [];
  } catch (error) {
    if (error instanceof AppError && error.kind !== "bug") return [error.message];
    throw error;
  }
}

async function doWhatIsDue(ctx: Context, options: TickOptions): Promise<Outcome<Ticked>> {
  const due = await settleDue(ctx, options.dryRun === true);
  const data: Ticked = { expired: names(due.expired), overlapsEnded: names(due.ended), applied: false, retryAt: null };
  const isNew = due.expired.length + due.ended.length > 0;
  if (options.dryRun === true) return { data };
  const retry = await ctx.stores.retry.read();
  if (!isNew && !mayTry(retry, ctx.clock.now())) {
    const [{ drainBetween }, { noteDrained }] = await Promise.all([
      import("../routing/drain.ts"),
      import("../audit/note-drained.ts"),
    ]);
    await drainBetween(
      ctx,
      await loadSettings(ctx),
      noteDrained(ctx, "timer", (it) => ctx.progress.warn(it)),
    );
    return { data: { ...data, retryAt: retry.notBefore ?? null } };
  }
  if (!isNew && (await ctx.stores.shards.read()).shards.length === 0) return { data };
  return makeLive(ctx, due, data);
}

async function makeLive(ctx: Context, due: Due, data: Ticked): Promise<Outcome<Ticked>> {
  const { applied, failure } = await bringLive(ctx, otherwise(due), {
    changedUsers: [...data.expired, ...data.overlapsEnded],
    whole: true,
  });
  if (isStopped(failure)) return { data };
  await remember(ctx, failure);
  if (failure !== undefined) return { data, failure };
  const changed = applied?.changes.some(({ action }) => action !== "none") === true;
  return { data: { ...data, applied: changed }, warnings: await stillWorking(ctx, due) };
}

/** Nobody has access then, and whoever starts the proxy starts it without the keys. */
function isStopped(failure: AppError | undefined): boolean {
  return failure?.cause instanceof AppError && failure.cause.message === STOPPED;
}

/** An engine that cannot be asked costs nobody anything: that is tried again each time. */
async function remember(ctx: Context, failure: AppError | undefined): Promise<void> {
  if (failure !== undefined && failure.kind !== "engine") return;
  const before = await ctx.stores.retry.read();
  const next = failure === undefined ? noFailure : afterFailure(before, ctx.clock.now());
  if (!isDeepStrictEqual(before, next)) await ctx.stores.retry.write(next);
}

function settleDue(ctx: Context, dryRun: boolean): Promise<Due> {
  return ctx.stores.users.update("looking at what has expired", async ({ users }) => {
    const now = ctx.clock.now();
    const holders = users.filter(hasSecret);
    const expired = holders.filter((user) => user.enabled && hasPassed(user.expiresAt, now));
    const ended = holders.filter((user) => hasPassed(user.former?.until, now));
    const edits: UserEdit[] = [
      ...expired.map(({ name }) => ({ kind: "set" as const, name, fields: { mtproxy_enabled: false } })),
      ...ended.map(({ name }) => ({ kind: "set" as const, name, fields: noFormer })),
    ];
    if (!dryRun) await holdKeys(ctx, [...expired, ...ended]);
    return { edits: dryRun ? [] : edits, result: { expired, ended } };
  });
}

function names(users: readonly ProxyUser[]): string[] {
  return users.map(({ name }) => name);
}

function otherwise({ expired, ended }: Due): string {
  const told = [
    ...(expired.length === 0 ? [] : [`expired, BUT STILL WORKING until that is live: ${names(expired).join(", ")}`]),
    ...(ended.length === 0 ? [] : [`old links STILL WORKING until that is live: ${names(ended).join(", ")}`]),
  ];
  return told.length === 0 ? "changes are saved that are not live yet" : told.join("; ");
}

/** Keys that somebody else has too. */
async function stillWorking(ctx: Context, { expired, ended }: Due): Promise<string[]> {
  const lost = [
    ...expired.flatMap((user) => secretsOf(user).map(({ key }) => ({ name: user.name, key }))),
    ...ended.flatMap(({ name, former }) => (former === undefined ? [] : [{ name, key: former.secret.key }])),
  ];
  const faults = await Promise.all(lost.map(({ name, key }) => stillUsed(ctx, name, key)));
  return faults.flatMap((fault) => (fault === undefined ? [] : [`${fault.message}: ${fault.hint ?? ""}`]));
}
