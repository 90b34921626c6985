import type { ShardDeployment } from "../../domain/deployment.ts";
import { formatPortRange } from "../../domain/port.ts";
import type { ModeFamily } from "../../domain/shard.ts";
import { capabilitiesOf } from "../live/plan-state.ts";
import type { PlannedState } from "../load-state.ts";
import { type Check, failed, ok, skipped, warning } from "./check.ts";

/** What people call a family. */
const NAMES: Readonly<Record<ModeFamily, string>> = {
  obfuscated: "padded and plain links",
  "fake-tls": "fake-TLS links",
  any: "links",
};

export const slotsCheck: Check = {
  id: "slots",
  title: "spare slots for those who come next",
  run: async (exam) => {
    const planned = await exam.planned();
    if (!Number.isFinite(capabilitiesOf(planned.state.settings).keysPerShard))
      return skipped("the trial engine takes any number of people");
    const spare = spareByKind(planned.plan.shards);
    const counts = [...spare].map(([kind, count]) => `${count} for ${kind}`).join(", ");
    const used = [...spare].filter(([, count]) => count === 0).map(([kind]) => kind);
    if (used.length === 0) return ok(`spare slots: ${counts}`);
    const ports = freePorts(planned);
    if (ports > 0)
      return warning(
        `no spare slot is left for ${used.join(" and ")}: the next person opens another shard on another port`,
        `open the port in your provider's firewall beforehand; ${ports} ports are left (mtproxy config show)`,
      );
    const range = formatPortRange(planned.state.settings.portRange);
    return failed(
      `no spare slot is left for ${used.join(" and ")}, and no port between ${range} for another shard`,
      "mtproxy config set port_range FIRST-LAST widens the range",
    );
  },
};

/** By what people call a kind: those of a group with a channel of its own have slots of their own. */
function spareByKind(shards: readonly ShardDeployment[]): Map<string, number> {
  const spare = new Map<string, number>();
  for (const { shard } of shards) {
    const free = shard.slots.filter(({ holder }) => holder === undefined).length;
    const kind = `${NAMES[shard.family]}${shard.group === undefined ? "" : ` of group ${shard.group}`}`;
    spare.set(kind, (spare.get(kind) ?? 0) + free);
  }
  return spare;
}

/** Of the range, without those that links may name. */
function freePorts({ state, plan }: PlannedState): number {
  const { first, last } = state.settings.portRange;
  const { shards, retiredPorts } = plan.book;
  const taken = new Set([state.settings.port, ...retiredPorts, ...shards.map(({ port }) => port)]);
  return last - first + 1 - [...taken].filter((port) => port >= first && port <= last).length;
}
