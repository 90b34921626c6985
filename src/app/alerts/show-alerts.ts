import type { Context } from "../../context.ts";
import { describeChannel } from "../../domain/numbers/alerts/channel.ts";
import type { AlertLanguage } from "../../domain/numbers/alerts/choices.ts";
import { alertKinds, natures } from "../../domain/numbers/alerts/kinds.ts";
import { formatQuietHours } from "../../domain/numbers/alerts/quiet-hours.ts";
import type { AlertSettings, Thresholds } from "../../domain/numbers/alerts/settings.ts";
import type { AlertState } from "../../domain/numbers/alerts/state.ts";
import { alertText } from "../../render/alert-text.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import { daemonState } from "../daemon/daemon-state.ts";
import type { Outcome } from "../outcome.ts";

/** What an admin is told of, and how; without the secrets of channels. */
export interface ShownAlerts {
  readonly enabled: boolean;
  readonly language: AlertLanguage;
  readonly name: string;
  readonly kinds: readonly ShownKind[];
  readonly thresholds: Thresholds;
  /** Null for never. */
  readonly remindHours: number | null;
  readonly quietHours: string | null;
  readonly quietAll: boolean;
  readonly channels: readonly ShownChannel[];
  /** What was told and is not over, as people read it. */
  readonly current: readonly string[];
}

interface ShownKind {
  readonly kind: (typeof alertKinds)[number];
  readonly on: boolean;
  readonly meaning: string;
}

export interface ShownChannel {
  readonly name: string;
  readonly kind: string;
  readonly to: string;
  /** Messages that it has not taken yet. */
  readonly waiting: number;
  /** Why it did not take the first of them. */
  readonly fault: string | null;
}

export async function showAlerts(ctx: Context): Promise<Outcome<ShownAlerts>> {
  const [settings, state] = await Promise.all([createAlertsStore(ctx).read(), new AlertStateStore(ctx).read()]);
  return { data: describeAlerts(settings, state), warnings: await alertWarnings(ctx, settings) };
}

export function describeAlerts(settings: AlertSettings, { watched, waiting }: AlertState): ShownAlerts {
  const { enabled, language, name, off, thresholds, remindHours, quietHours, quietAll, channels } = settings;
  const current = watched.flatMap((it) =>
    it.toldAt === undefined ? [] : [{ ...it, what: "begins" as const, at: it.toldAt }],
  );
  return {
    ...{ enabled, language, name, thresholds, quietAll },
    kinds: alertKinds.map((kind) => ({ kind, on: !off.includes(kind), meaning: natures[kind].meaning })),
    remindHours: remindHours === 0 ? null : remindHours,
    quietHours: quietHours === undefined ? null : formatQuietHours(quietHours),
    channels: channels.map((channel) => {
      const own = waiting.filter((it) => it.channel === channel.name);
      const { name: called, kind } = channel;
      return { name: called, kind, to: describeChannel(channel), waiting: own.length, fault: own[0]?.fault ?? null };
    }),
    current: alertText(current, { language, name }).lines,
  };
}

/** Why nobody would be told. */
export async function alertWarnings(ctx: Context, { enabled, channels }: AlertSettings): Promise<string[]> {
  if (!enabled) return ["alerts are switched off: mtproxy alerts set --enable"];
  if (channels.length === 0) return ["there is no way to tell anybody: mtproxy alerts add telegram --chat NUMBER"];
  if ((await daemonState(ctx)).condition === "running") return [];
  return ["the daemon does not run, so nobody is told of anything: mtproxy stats-api start, or mtproxy daemon"];
}
