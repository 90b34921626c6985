import { shardName } from "../../domain/shard.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import type { ExaminedShard } from "./examination.ts";

/** More than a crash or two, and the machine was not just started. */
const MANY_RESTARTS = 3;

export const proxiesCheck: Check = {
  id: "proxies",
  title: "every proxy runs and answers",
  run: async (exam) => {
    const [shards, { settings }] = [await exam.shards(), await exam.state()];
    const what = settings.engine === "docker" ? "container" : "process";
    if (shards.length === 0) return failed("nothing was started yet", "mtproxy start");
    const ill = shards.flatMap((shard) => faultOf(shard) ?? []);
    const restarted = shards.filter(({ instance }) => (instance?.restarts ?? 0) > MANY_RESTARTS);
    if (ill.length > 0) return failed(ill.map(({ words }) => words).join("; "), ill[0]?.remedy ?? "mtproxy start");
    const [first] = restarted;
    if (first !== undefined)
      return warning(
        `${shardName(first.shard.id)} ended by itself ${first.instance?.restarts} times`,
        `mtproxy logs ${first.shard.id}`,
      );
    // The C proxy takes its keys as arguments and nowhere else.
    const seen = settings.engine === "docker" ? "; root on this host sees their keys with ps, nobody else does" : "";
    return ok(`${shards.length === 1 ? `the ${what} runs` : `${shards.length} ${what}s run`}${seen}`);
  },
};

function faultOf({ shard, instance, stats }: ExaminedShard): { words: string; remedy: string } | undefined {
  const name = shardName(shard.id);
  if (instance === undefined) return { words: `${name} is not there`, remedy: "mtproxy start" };
  const code = instance.exitCode === undefined ? "" : ` (exit code ${instance.exitCode})`;
  if (!instance.running) return { words: `${name} does not run${code}`, remedy: "mtproxy start" };
  if (stats === undefined) return { words: `${name} runs but does not answer`, remedy: `mtproxy logs ${shard.id}` };
  return undefined;
}
