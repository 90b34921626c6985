import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../domain/errors.ts";
import { instanceName, type Side } from "../../domain/shard.ts";
import { type Containers, isRunning, type OurContainer } from "./containers.ts";
import { lastLines } from "./output.ts";

/** A proxy that refuses its arguments ends within milliseconds; Docker waits 100 ms before it starts it again. */
const WATCH_MS = 400;
const PAUSE_MS = 100;

/** @throws AppError engine with its last words when one of these shards' processes ends right after its start */
export async function watchStart(
  containers: Containers,
  started: readonly { readonly shardId: number; readonly side?: Side }[],
): Promise<void> {
  const shardIds = [...new Set(started.map(({ shardId }) => shardId))];
  const names = new Set(started.map(({ shardId, side }) => instanceName(shardId, side)));
  const end = performance.now() + WATCH_MS;
  for (;;) {
    const found = await containers.list(shardIds);
    for (const ours of found.filter(({ shardId, side }) => names.has(instanceName(shardId, side))))
      await refuseDead(ours);
    if (performance.now() > end) return;
    await sleep(PAUSE_MS);
  }
}

async function refuseDead(ours: OurContainer): Promise<void> {
  const { Restarting } = ours.info.State;
  if (isRunning(ours) && ours.info.RestartCount === 0) return;
  const fate = Restarting || ours.info.RestartCount > 1 ? "restarts in a loop" : "ended right after its start";
  throw await deadError(ours, fate);
}

/** @throws AppError engine unless the shard's process runs */
export async function requireRunning(ours: OurContainer): Promise<void> {
  if (isRunning(ours)) return;
  if (ours.info.State.Restarting) throw await deadError(ours, "restarts in a loop");
  throw new AppError("engine", `${instanceName(ours.shardId, ours.side)} does not run`, { hint: "mtproxy start" });
}

async function deadError({ shardId, side, container, info }: OurContainer, fate: string): Promise<AppError> {
  const name = instanceName(shardId, side);
  const words = await lastLines(container, 8);
  const said = words.length === 0 ? "" : `. It said:\n${words.map((line) => `  ${line}`).join("\n")}`;
  // Docker forgets the exit code when it starts the process again.
  const code = info.State.Running ? "" : ` (exit code ${info.State.ExitCode})`;
  return new AppError("engine", `${name} ${fate}${code}${said}`, {
    hint: `docker logs ${name} shows more; mtproxy plan shows what it was started with`,
  });
}
