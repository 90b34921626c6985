import { shardName } from "../../domain/shard.ts";
import { drainingShards } from "../routing/drain.ts";
import { liveSteps } from "../telegram-config/live-config.ts";
import { type Check, failed, ok, some } from "./check.ts";
import type { Examination } from "./examination.ts";

export const driftCheck: Check = {
  id: "drift",
  title: "what runs is what is saved",
  run: async (exam) => {
    const { pending } = await exam.backlog();
    const others = await strangers(exam);
    if (others.length > 0) return failed(`${some(others)}: runs, and the state knows nothing of it`, "mtproxy apply");
    if (pending)
      return failed(
        "changes are saved that no proxy has yet",
        "mtproxy plan shows them, mtproxy apply makes them live",
      );
    const outdated = await withOtherConf(exam);
    if (outdated.length > 0)
      return failed(`${some(outdated)}: another proxy-multi.conf than the saved one`, "mtproxy refresh-config");
    return ok("every proxy runs with what is saved");
  },
};

async function strangers(exam: Examination): Promise<string[]> {
  const known = new Set((await exam.planned()).plan.shards.map(({ shard }) => shard.id));
  const instances = await exam.instances();
  const draining = await drainingShards(exam.ctx, instances);
  const running = instances.filter(({ running, shardId }) => running && !draining.has(shardId));
  return running.filter(({ shardId }) => !known.has(shardId)).map(({ shardId }) => shardName(shardId));
}

/** The trial engine reads no such file. */
async function withOtherConf(exam: Examination): Promise<string[]> {
  const { settings, engineRecord } = await exam.state();
  const files = settings.engine === "trial" ? undefined : await exam.ctx.stores.telegram.read();
  if (files === undefined) return [];
  const means = { reloads: engineRecord.image?.reloads === true };
  return (await liveSteps(exam.ctx, await exam.engine(), files.proxyMultiConf, means)).map(({ name }) => name);
}
