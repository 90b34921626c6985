import type { Context } from "../../context.ts";
import { emptyAlertState } from "../../domain/numbers/alerts/state.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { unlessFailed } from "../collector/look-at-shards.ts";

/** Channels that do not take what they are given: whoever relies on being told has to hear of it some other way. */
export async function undeliveredWarnings(ctx: Context): Promise<string[]> {
  const { waiting } = (await unlessFailed(() => new AlertStateStore(ctx).read())) ?? emptyAlertState;
  const failing = waiting.filter(({ fault }) => fault !== undefined);
  return [...new Set(failing.map(({ channel }) => channel))].map((channel) => {
    const own = waiting.filter((it) => it.channel === channel);
    const many = own.length === 1 ? "1 alert waits" : `${own.length} alerts wait`;
    return `${many} for ${channel}, which does not take them (${own[0]?.fault}): mtproxy alerts test ${channel}`;
  });
}
