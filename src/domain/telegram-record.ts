import type { TelegramFiles } from "./deployment.ts";

/** What the C proxy calls each of Telegram's two files. */
export const telegramFileNames = {
  proxySecret: "proxy-secret",
  proxyMultiConf: "proxy-multi.conf",
} as const satisfies Record<keyof TelegramFiles, string>;

/** When and from where one of Telegram's files was last fetched and found good, changed or not. */
export interface FetchedFile {
  /** ISO 8601. */
  readonly checkedAt: string;
  /** Host and path of the URL, or the path of the file it was taken from. */
  readonly source: string;
}

/** What is known of Telegram's files beyond their bytes; config/mtproxy/telegram/fetched.json. */
export type TelegramRecord = { readonly [file in keyof TelegramFiles]?: FetchedFile };

/** Milliseconds since the file was last found good; undefined when that is not known. */
export function ageOf(fetched: FetchedFile | undefined, now: Date): number | undefined {
  const age = fetched === undefined ? Number.NaN : now.getTime() - Date.parse(fetched.checkedAt);
  return Number.isNaN(age) ? undefined : Math.max(0, age);
}

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
] as const;

/** `3 days`, `1 hour`, `less than a minute`. */
export function ageInWords(milliseconds: number): string {
  const [length, name] = UNITS.find(([unit]) => milliseconds >= unit) ?? [];
  if (length === undefined) return "less than a minute";
  const count = Math.floor(milliseconds / length);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
