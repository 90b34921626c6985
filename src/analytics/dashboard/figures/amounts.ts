/** Figures as people of a language write them. */
export class Amounts {
  readonly #language: string;
  readonly #numbers = new Map<string, Intl.NumberFormat>();
  readonly #dates = new Map<string, Intl.DateTimeFormat>();
  readonly #relative: Intl.RelativeTimeFormat;

  /** @param language BCP 47 */
  constructor(language: string) {
    this.#language = language;
    this.#relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  }

  count(value: number): string {
    return this.#format({}).format(value);
  }

  /** With two digits after the point. */
  decimal(value: number): string {
    return this.#format({ maximumFractionDigits: 2 }).format(value);
  }

  /** @param share 0 to 1 and above */
  percent(share: number): string {
    return this.#format({ style: "percent", maximumFractionDigits: 0 }).format(share);
  }

  /** @param value of one core, 100 for all of it */
  cpu(value: number): string {
    return this.#format({ style: "percent", maximumFractionDigits: 1 }).format(value / 100);
  }

  /** A kB is 1,000 bytes, as in quotas. */
  bytes(value: number): string {
    return this.#sized(value, "");
  }

  /** @param value bytes a second */
  rate(value: number): string {
    return this.#sized(value, "-per-second");
  }

  /** The two largest units: `3 days, 4 hr`. */
  duration(seconds: number): string {
    const parts = unitsOf(seconds).map(([unit, value]) =>
      this.#format({ style: "unit", unit, unitDisplay: "short" }).format(value),
    );
    return parts.join(" ");
  }

  /** `5 minutes ago`, `in 3 days`. @param milliseconds from now, negative before */
  relative(milliseconds: number): string {
    const seconds = Math.round(milliseconds / 1000);
    const [unit, size] = SPANS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    return this.#relative.format(Math.trunc(seconds / size), unit);
  }

  /** Date and time, to the minute, where the reader is. @param at Unix milliseconds */
  moment(at: number): string {
    return this.#date(at, { dateStyle: "medium", timeStyle: "short" });
  }

  /** Time of the day, to the second. */
  time(at: number): string {
    return this.#date(at, { timeStyle: "medium" });
  }

  /** For the axis of a chart; midnight is the day that begins. @param spanSeconds that the axis shows */
  tick(at: number, spanSeconds: number): string {
    const isMidnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0;
    if (spanSeconds <= 3 * DAY && !isMidnight)
      return this.#date(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    if (spanSeconds <= 90 * DAY) return this.#date(at, { day: "numeric", month: "short" });
    return this.#date(at, { month: "short", year: "2-digit" });
  }

  #date(at: number, options: Intl.DateTimeFormatOptions): string {
    return made(this.#dates, options, () => new Intl.DateTimeFormat(this.#language, options)).format(at);
  }

  #sized(value: number, per: "" | "-per-second"): string {
    const index = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(Math.abs(value), 1)) / 3)));
    const shown = value / 1000 ** index;
    const digits = index === 0 || Math.abs(shown) >= 100 ? 0 : 1;
    const unit = `${UNITS[index]}${per}`;
    // A word instead of a letter is what the short form of a byte is.
    const unitDisplay = index === 0 ? "narrow" : "short";
    return this.#format({ style: "unit", unit, unitDisplay, maximumFractionDigits: digits }).format(shown);
  }

  #format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return made(this.#numbers, options, () => new Intl.NumberFormat(this.#language, options));
  }
}

/** Making a format takes longer than using it a hundred times. */
function made<Format>(formats: Map<string, Format>, options: object, make: () => Format): Format {
  const key = JSON.stringify(options);
  const format = formats.get(key) ?? make();
  formats.set(key, format);
  return format;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const SPANS = [
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
] as const;

function unitsOf(seconds: number): (readonly [string, number])[] {
  let rest = Math.max(0, Math.floor(seconds));
  const all = [...SPANS, ["second", 1] as const].map(([unit, size]) => {
    const value = Math.floor(rest / size);
    rest -= value * size;
    return [unit, value] as const;
  });
  const first = all.findIndex(([, value]) => value > 0);
  if (first === -1) return [["second", 0]];
  return all.slice(first, first + 2).filter(([, value]) => value > 0);
}
