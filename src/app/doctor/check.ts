import type { Examination } from "./examination.ts";

export type Verdict = "ok" | "warning" | "failed" | "skipped";

/** What a check found. */
export interface Finding {
  readonly verdict: Verdict;
  /** A sentence for the admin; holds no key. */
  readonly reason: string;
  /** The next step, usually a command to type. */
  readonly hint?: string;
}

/** One thing that is looked at, whatever the others find. */
export interface Check {
  readonly id: string;
  /** What it looks at, in a few words. */
  readonly title: string;
  /** Milliseconds that it may take, where that is less than for others. */
  readonly limitMs?: number;
  /** Changes nothing. Whatever it throws becomes a finding. */
  run(exam: Examination): Promise<Finding>;
}

/** Thrown where there is nothing to look at, because something else is amiss or not in use. */
export class NotExamined extends Error {}

export function ok(reason: string): Finding {
  return { verdict: "ok", reason };
}

export function warning(reason: string, hint: string): Finding {
  return { verdict: "warning", reason, hint };
}

export function failed(reason: string, hint: string): Finding {
  return { verdict: "failed", reason, hint };
}

export function skipped(reason: string): Finding {
  return { verdict: "skipped", reason };
}

/** The first few of many, so that a sentence stays one. */
export function some(items: readonly string[], most = 3): string {
  const rest = items.length - most;
  return [...items.slice(0, most), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
