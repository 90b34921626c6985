import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { AlertLanguage } from "../../domain/numbers/alerts/choices.ts";
import { alertBounds } from "../../domain/numbers/alerts/choices.ts";
import { type AlertKind, alertKinds, isAlertKind } from "../../domain/numbers/alerts/kinds.ts";
import { parseQuietHours } from "../../domain/numbers/alerts/quiet-hours.ts";
import { type AlertSettings, type Thresholds, thresholdNames } from "../../domain/numbers/alerts/settings.ts";
import { harmless, shown } from "../../domain/printable.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { changeAlerts } from "./change-channels.ts";
import type { ShownAlerts } from "./show-alerts.ts";

export interface SetAlertsOptions {
  readonly enabled?: boolean | undefined;
  readonly language?: AlertLanguage | undefined;
  readonly name?: string | undefined;
  /** Kinds to be told of again, and those to be told of no more. */
  readonly on?: readonly string[] | undefined;
  readonly off?: readonly string[] | undefined;
  /** 0 for never. */
  readonly remindHours?: number | undefined;
  /** See `parseQuietHours`; null for none. */
  readonly quietHours?: string | null | undefined;
  readonly quietAll?: boolean | undefined;
  /** `quota_percent=90` */
  readonly threshold?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
}

/** @throws AppError usage for no wish, invalid for one that cannot be */
export async function setAlerts(ctx: Context, { dryRun, ...wishes }: SetAlertsOptions): Promise<Outcome<ShownAlerts>> {
  await loadSettings(ctx);
  if (Object.values(wishes).every((it) => it === undefined))
    throw new AppError("usage", "nothing to change was named", { hint: "mtproxy alerts set --help" });
  return changeAlerts(ctx, dryRun, (settings) => withWishes(settings, wishes));
}

function withWishes(settings: AlertSettings, wishes: Omit<SetAlertsOptions, "dryRun">): AlertSettings {
  const { on = [], off = [], quietHours, name, enabled, language, remindHours, quietAll, threshold = [] } = wishes;
  const { quietHours: hours, ...others } = settings;
  const quiet = quietHours === undefined ? hours : quietHours === null ? undefined : parseQuietHours(quietHours);
  return {
    ...others,
    enabled: enabled ?? settings.enabled,
    language: language ?? settings.language,
    name: name === undefined ? settings.name : parseName(name),
    off: kindsOff(settings.off, on.map(parseKind), off.map(parseKind)),
    remindHours: remindHours ?? settings.remindHours,
    ...(quiet === undefined ? {} : { quietHours: quiet }),
    quietAll: quietAll ?? settings.quietAll,
    thresholds: { ...settings.thresholds, ...Object.fromEntries(threshold.map(parseThreshold)) },
  };
}

function parseThreshold(text: string): [keyof Thresholds, number] {
  const [, stored = "", count = ""] = /^(\w+)=(\d+)$/.exec(text.trim()) ?? [];
  const name = (Object.keys(thresholdNames) as (keyof Thresholds)[]).find((it) => thresholdNames[it] === stored);
  if (name === undefined)
    throw new AppError("invalid", `"${shown(text)}" is no threshold`, {
      hint: `a number for one of ${Object.values(thresholdNames).join(", ")}: for instance quota_percent=90`,
    });
  const { least, most } = alertBounds[name];
  const value = Number(count);
  if (value >= least && value <= most) return [name, value];
  throw new AppError("invalid", `${stored} is from ${least} to ${most}`);
}

function kindsOff(before: readonly AlertKind[], on: readonly AlertKind[], off: readonly AlertKind[]): AlertKind[] {
  const wanted = new Set([...before.filter((kind) => !on.includes(kind)), ...off]);
  return alertKinds.filter((kind) => wanted.has(kind));
}

function parseKind(text: string): AlertKind {
  if (isAlertKind(text)) return text;
  throw new AppError("invalid", `"${shown(text)}" is no kind of alert`, { hint: `one of ${alertKinds.join(", ")}` });
}

function parseName(text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= 60 && harmless(name) === name) return name;
  throw new AppError("invalid", "a name has 1 to 60 characters on one line");
}
