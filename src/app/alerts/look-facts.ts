import type { Context } from "../../context.ts";
import {
  type Crowd,
  dropLimit,
  emptyCrowd,
  isDrop,
  isNight,
  usualCrowd,
  withLook,
} from "../../domain/numbers/alerts/crowd.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import { type AlertFacts, crowdOf } from "../../domain/numbers/alerts/trouble.ts";
import { isTold, type Watched } from "../../domain/numbers/alerts/watch.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import type { Settings } from "../../domain/settings.ts";
import { unlessFailed } from "../collector/look-at-shards.ts";
import { loadSettings } from "../load-state.ts";
import { PastCrowds } from "./past-crowds.ts";
import { SlowFacts } from "./slow-facts.ts";

/** What rules need to know beside a snapshot: what is usual here, and what takes a while to find out. */
export class LookFacts {
  readonly #ctx: Context;
  readonly #slow: SlowFacts;
  readonly #past: PastCrowds;
  #crowd: Crowd | undefined;
  /** As they could be read last: nobody is told nothing because somebody spoilt the file. */
  #settings: Settings | undefined;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#slow = new SlowFacts(ctx);
    this.#past = new PastCrowds(ctx);
  }

  async of(
    snapshot: Snapshot,
    watched: readonly Watched[],
    { thresholds }: Pick<AlertSettings, "thresholds">,
  ): Promise<AlertFacts> {
    this.#settings = (await unlessFailed(() => loadSettings(this.#ctx))) ?? this.#settings;
    const isExpected = snapshot.shards.length === 0 && (await this.#ctx.stores.shards.read()).shards.length > 0;
    this.#crowd ??= await this.#past.lastHour(new Date(snapshot.at));
    const usual = usualWhenTold(watched) ?? usualCrowd(this.#crowd);
    const active = crowdOf(snapshot);
    const isLow = active !== undefined && usual !== undefined && isDrop(usual, active, thresholds, false);
    const isNews = isLow && !isTold(watched, "blocked", "");
    const lowest = isNews ? await this.#past.lowest(new Date(snapshot.at)) : [];
    return {
      ...(this.#settings === undefined ? {} : this.#slow.known(this.#settings)),
      ...{ isExpected, usual },
      isNight: isNews && isNight(lowest, dropLimit(usual, thresholds.dropPercent)),
    };
  }

  /** Neither a drop nor a night may become what is usual: a block that began while people slept is one in the morning. */
  learn(snapshot: Snapshot, isEmpty: boolean): void {
    const active = crowdOf(snapshot);
    if (active !== undefined && !isEmpty)
      this.#crowd = withLook(this.#crowd ?? emptyCrowd, active, new Date(snapshot.at));
  }

  /** Ends with what is being looked at. */
  settle(): Promise<void> {
    return this.#slow.settle();
  }
}

/** As long as a drop lasts that was told: the hour before it may be long ago. */
function usualWhenTold(watched: readonly Watched[]): number | undefined {
  const told = watched.find(({ kind, toldAt }) => kind === "blocked" && toldAt !== undefined);
  return Number(told?.values.usual) || undefined;
}
