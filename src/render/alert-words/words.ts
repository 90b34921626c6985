import type { AlertKind } from "../../domain/numbers/alerts/kinds.ts";

/** What the sentences of a kind are made of, ready to be read. */
export interface Facts {
  /** A proxy's name, a person's, a domain; empty for the whole. */
  readonly subject: string;
  readonly percent: string;
  /** `50G`. */
  readonly amount: string;
  /** `2026-11-24 18:00 UTC`. */
  readonly until: string;
  readonly hasPassed: boolean;
  readonly seconds: string;
  readonly isBehind: boolean;
  readonly isDead: boolean;
  readonly usual: string;
  readonly now: string;
}

interface Sentences {
  /** It holds. */
  readonly begins: (facts: Facts) => string;
  /** It is over; what is never told to be over has none. */
  readonly over?: (facts: Facts) => string;
}

/** Everything that is said in one language. */
export interface AlertWords {
  readonly direction: "ltr" | "rtl";
  readonly kinds: Readonly<Record<AlertKind, Sentences>>;
  /** Behind a sentence: since when it is so, and from when to when it was. */
  readonly since: (from: string) => string;
  readonly was: (from: string, to: string) => string;
  /** Before what was told already and is still so. */
  readonly still: string;
  readonly test: string;
}
