import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../domain/errors.ts";
import { shardName } from "../../domain/shard.ts";
import { type Containers, isRunning, type OurContainer } from "./containers.ts";
import { lastLines } from "./output.ts";

/** A proxy that refuses its arguments ends within milliseconds; Docker waits 100 ms before it starts it again. */
const WATCH_MS = 400;
const PAUSE_MS = 100;

/** @throws AppError engine with its last words when one of these shards' processes ends right after its start */
export async function watchStart(containers: Containers, shardIds: readonly number[]): Promise<void> {
  const end = performance.now() + WATCH_MS;
  for (;;) {
    for (const ours of await containers.list(shardIds)) await refuseDead(ours);
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
  throw new AppError("engine", `${shardName(ours.shardId)} does not run`, { hint: "mtproxy start" });
}

async function deadError({ shardId, container, info }: OurContainer, fate: string): Promise<AppError> {
  const words = await lastLines(container, 8);
  const said = words.length === 0 ? "" : `. It said:\n${words.map((line) => `  ${line}`).join("\n")}`;
  // Docker forgets the exit code when it starts the process again.
  const code = info.State.Running ? "" : ` (exit code ${info.State.ExitCode})`;
  return new AppError("engine", `${shardName(shardId)} ${fate}${code}${said}`, {
    hint: `docker logs ${shardName(shardId)} shows more; mtproxy plan shows what it was started with`,
  });
}
