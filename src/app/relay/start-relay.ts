import { join } from "node:path";
import type { RelayContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Relay } from "../../domain/relay.ts";
import type { RelayEngine } from "../../engine/relay-engine.ts";
import type { Haproxy } from "../../haproxy.ts";
import { relayDigest } from "../../render/relay.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import type { Outcome } from "../outcome.ts";
import { chooseRelay, findRelay, type RelayOptions, readFolder, removeRelay, writeRelay } from "./relay-folder.ts";
import { placeOf, type RelayState, relayState } from "./relay-state.ts";

export interface StartRelayOptions extends RelayOptions {
  /** Absolute. */
  readonly folder: string;
  readonly dryRun?: boolean | undefined;
}

export interface StartedRelay extends RelayState {
  /** False when all of it was so already. */
  readonly changed: boolean;
}

/** Until HAProxy answers. */
const START_MS = 15_000;
const LOOK_MS = 100;
const REACH_MS = 3000;

/**
 * Makes a relay run on this machine as it is wanted, from a folder of its own. What runs already takes a change over without cutting
 * anybody; another image or number of connections takes a new container, which does.
 * @throws AppError usage without a target, environment for a port that something else holds or without Docker, engine when HAProxy
 *   does not come up: what was rendered before is there again then, or nothing
 */
export async function startRelay(ctx: RelayContext, options: StartRelayOptions): Promise<Outcome<StartedRelay>> {
  const { folder, dryRun, ...wanted } = options;
  const before = await findRelay(ctx, folder);
  const relay = chooseRelay(wanted, before);
  if (dryRun === true) return { data: await unstarted(folder, relay) };
  // Nothing is made in a folder whose relay cannot run.
  await (await ctx.relay(folder)).engine.container();
  await readFolder(ctx, folder, relay);
  const work = () => makeRun(ctx, folder, relay, before);
  return ctx.locks.withLock(join(folder, ".lock"), work, { purpose: "starting the relay" });
}

async function unstarted(folder: string, { image, ports, targets }: Relay): Promise<StartedRelay> {
  const unknown = targets.map((target) => ({ ...target, up: null, connections: null }));
  return { folder, image, ports, running: false, version: null, targets: unknown, changed: true };
}

async function makeRun(
  ctx: RelayContext,
  folder: string,
  relay: Relay,
  before: Relay | undefined,
): Promise<Outcome<StartedRelay>> {
  const { engine, haproxy } = await ctx.relay(folder);
  const wasRunning = (await engine.container())?.running === true;
  await refuseTakenPorts(ctx, relay, wasRunning ? before : undefined);
  const old = wasRunning ? await haproxy.info().catch(() => undefined) : undefined;
  const replaced = await writeRelay(ctx, folder, relay);
  try {
    await bringUp(ctx, engine, haproxy, relay);
  } catch (error) {
    await putBack(ctx, folder, replaced);
    await (wasRunning ? engine.up() : engine.remove()).catch(() => {});
    if (before === undefined) await removeRelay(ctx, folder, relay);
    throw error;
  }
  const now = await haproxy.info();
  const data = { ...(await relayState(ctx, folder, relay)), changed: old?.pid !== now.pid };
  return { data, warnings: await unreachable(ctx, relay) };
}

/** A relay shares the machine's network: HAProxy would end, or keep the configuration before, without a word to us. */
async function refuseTakenPorts(ctx: RelayContext, { ports }: Relay, running: Relay | undefined): Promise<void> {
  for (const port of ports) {
    if (running?.ports.includes(port) === true || (await ctx.host.isPortFree(port))) continue;
    throw new AppError("environment", `port ${port} of this machine is taken`, {
      hint: `ss -tlnp 'sport = :${port}' tells by what; mtproxy relay start --port N takes another one, which links must name then`,
    });
  }
}

async function bringUp(ctx: RelayContext, engine: RelayEngine, haproxy: Haproxy, relay: Relay): Promise<void> {
  ctx.progress.step("starting the relay; the first time its image is fetched …");
  await engine.up();
  const digest = relayDigest(relay);
  const info = await firstAnswer(ctx, engine, haproxy);
  if (info.description === digest) return;
  const fault = await engine.checkConfig();
  if (fault !== undefined) throw new AppError("engine", `HAProxy does not take its new configuration: ${fault}`);
  ctx.progress.step("the relay takes its configuration over; no connection is cut …");
  await haproxy.reload();
}

async function firstAnswer(ctx: RelayContext, engine: RelayEngine, haproxy: Haproxy) {
  const deadline = ctx.clock.now().getTime() + START_MS;
  for (;;) {
    const info = await haproxy.info().catch((error: unknown) => refuseWithoutRights(error));
    if (info !== undefined) return info;
    const container = await engine.container();
    const isDead = container === undefined || container.restarts > 0;
    if (isDead || ctx.clock.now().getTime() > deadline) throw await notStarted(engine);
    await ctx.clock.sleep(LOOK_MS);
  }
}

/** Its sockets are root's. */
function refuseWithoutRights(error: unknown): undefined {
  if (error instanceof AppError && /EACCES|permission denied/i.test(error.message))
    throw new AppError("environment", "the relay's sockets are root's", { hint: "sudo mtproxy relay start" });
  return undefined;
}

async function notStarted(engine: RelayEngine): Promise<AppError> {
  const lines = (await engine.lastLines()).map((line) => `\n  ${line}`);
  return new AppError("engine", `the relay's HAProxy does not start. It said:${lines.join("")}`, {
    hint: "mtproxy relay stop takes it away again",
  });
}

async function putBack(ctx: RelayContext, folder: string, files: readonly RenderedFile[]): Promise<void> {
  for (const { path, content, mode } of files)
    await ctx.files.write(join(folder, path), content, { mode, exactMode: true });
}

/** Names of servers, and what is between, are the admin's to mend: the relay runs. */
async function unreachable(ctx: RelayContext, { targets }: Relay): Promise<string[]> {
  const errors = await ctx.host.connectErrors(targets, { timeoutMs: REACH_MS });
  return targets.flatMap((target, index) =>
    errors[index] === undefined
      ? []
      : [`${placeOf(target)} takes no connection from here (${errors[index]}): mtproxy status on that server`],
  );
}
