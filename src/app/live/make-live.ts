import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { Action, ShardChange } from "../../domain/plan/changes.ts";
import type { Engine, Instance, ShardTarget } from "../../engine/engine.ts";
import type { Rendering } from "./render-deployment.ts";
import { swapFiles } from "./swap-files.ts";
import { waitUntilHealthy } from "./wait-until-healthy.ts";

/** What runs, what shall run, and the way from one to the other. */
export interface Rollout {
  readonly engine: Engine;
  readonly instances: readonly Instance[];
  readonly rendering: Rendering;
  readonly changes: readonly ShardChange[];
}

/**
 * Writes the rendered files and carries the changes out, each batch healthy before the next one is touched. When one does not become
 * so, files and processes are as before.
 * @throws AppError engine with the proxy's own words
 */
export async function makeLive(ctx: Context, rollout: Rollout, oneByOne: boolean): Promise<void> {
  const { engine, rendering, changes } = rollout;
  const files = await swapFiles(ctx, rendering.files, rendering.containerUser);
  if (!tellChanges(ctx, changes)) return;
  try {
    for (const batch of inBatches(changes, oneByOne)) {
      await engine.up(targets(batch, rendering.digests), []);
      await waitUntilHealthy(ctx, engine, batch);
    }
    // Last, so that nobody who moves away from one waits for the place that is new.
    const removed = idsOf(changes, ["remove"]);
    if (removed.length > 0) await engine.up([], removed);
  } catch (error) {
    const troubles = [...(await files.restore()), ...(await bringBack(rollout))];
    throw failed(error, troubles, rollout.instances.length > 0);
  }
  await files.settle();
}

/** False when there is nothing to do. */
export function tellChanges(ctx: Context, changes: readonly ShardChange[]): boolean {
  const due = changes.filter(({ action }) => action !== "none");
  for (const { name, action, reasons } of due) ctx.progress.step(`${name}: ${action}, ${reasons.join(", ")}`);
  return due.length > 0;
}

/**
 * What starts cuts nobody and goes first, all at once. Of what restarts the first one shows whether the change works; then trust
 * grows: 1, 2, 4, 8 … at a time.
 */
export function inBatches(changes: readonly ShardChange[], oneByOne: boolean): number[][] {
  const starts = idsOf(changes, ["create", "start", "update"]);
  const restarts = idsOf(changes, ["restart", "replace"]);
  if (oneByOne) return [...starts, ...restarts].map((id) => [id]);
  const batches = starts.length === 0 ? [] : [starts];
  for (let done = 0, size = 1; done < restarts.length; done += size, size *= 2) {
    batches.push(restarts.slice(done, done + size));
  }
  return batches;
}

export function idsOf(changes: readonly ShardChange[], actions: readonly Action[]): number[] {
  return changes.filter(({ action }) => actions.includes(action)).map(({ shardId }) => shardId);
}

function targets(ids: readonly number[], digests: ReadonlyMap<number, string>): ShardTarget[] {
  return ids.map((shardId) => ({ shardId, configDigest: digests.get(shardId) ?? "" }));
}

/** What existed runs again as it did, what did not is removed. Gives what could not be done. */
async function bringBack({ engine, instances, changes }: Rollout): Promise<string[]> {
  const existed = new Map(instances.map((instance) => [instance.shardId, instance]));
  const touched = idsOf(changes, ["create", "start", "update", "restart", "remove"]);
  const back = touched.filter((id) => existed.has(id));
  const created = touched.filter((id) => !existed.has(id));
  try {
    await engine.up(
      back.flatMap((id) => asBefore(existed.get(id))),
      created,
    );
    return [];
  } catch (error) {
    return [`the processes could not be brought back: ${wordsOf(error)}`];
  }
}

function asBefore(instance: Instance | undefined): ShardTarget[] {
  if (instance === undefined) return [];
  const { shardId, side, configDigest = "" } = instance;
  return [{ shardId, configDigest, ...(side === undefined ? {} : { side }) }];
}

export function failed(error: unknown, troubles: readonly string[], ranBefore: boolean): unknown {
  if (!(error instanceof AppError)) return error;
  const runs = ranBefore ? "everything runs as before" : "nothing runs, as before";
  const kept = `${troubles.length === 0 ? `${runs} and ` : ""}the change is kept as pending: mtproxy apply tries again`;
  const message = [error.message, ...troubles].join("; then ");
  const hint = error.hint === undefined ? kept : `${error.hint}; ${kept}`;
  return new AppError(error.kind, message, { hint, cause: error });
}
