import { shardName } from "../../domain/shard.ts";
import { type Check, failed, NotExamined, ok, warning } from "./check.ts";

export const upstreamCheck: Check = {
  id: "upstream",
  title: "every proxy has connections to Telegram",
  run: async (exam) => {
    const answering = (await exam.running()).flatMap(({ shard, stats }) =>
      stats === undefined ? [] : [{ name: shardName(shard.id), ready: stats.readyTargets, all: stats.declaredTargets }],
    );
    if (answering.length === 0) throw new NotExamined("no proxy answers");
    const cut = answering.filter(({ ready }) => ready === 0);
    if (cut.length > 0)
      return failed(
        `${cut.map(({ name }) => name).join(", ")}: no connection to Telegram, so no link works`,
        "mtproxy doctor datacenters nat clock finds out why",
      );
    const poor = answering.filter(({ ready, all }) => 2 * ready < all);
    const words = answering.map(({ name, ready, all }) => `${name} ${ready} of ${all}`).join(", ");
    if (poor.length > 0)
      return warning(`few of Telegram's servers are connected: ${words}`, "mtproxy doctor datacenters");
    return ok(`connected to Telegram's servers: ${words}`);
  },
};
