import type { HostContext } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";
import type { Outcome } from "../outcome.ts";
import { type Check, type Finding, failed, NotExamined, skipped, type Verdict } from "./check.ts";
import { checks as allChecks } from "./checks.ts";
import { Examination } from "./examination.ts";

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly hint: string | null;
  readonly milliseconds: number;
}

export interface Diagnosis {
  readonly checks: readonly CheckResult[];
  readonly ok: number;
  readonly warnings: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface CheckList {
  readonly checks: readonly { readonly id: string; readonly title: string }[];
}

interface DoctorOptions {
  /** Only these; all when empty. */
  readonly ids?: readonly string[];
  /** For each check; those that have a shorter limit of their own keep it. */
  readonly limitMs?: number;
  /** Takes keys out of what others wrote. */
  clean(words: string): string;
  readonly checks?: readonly Check[];
}

/** Every step of a check has a shorter limit of its own; this one is for what nobody thought of. */
const LIMIT_MS = 12_000;

export function listChecks(): Outcome<CheckList> {
  return { data: { checks: allChecks.map(({ id, title }) => ({ id, title })) } };
}

/**
 * Looks at everything that keeps people from getting in, all at once; changes nothing. Each check has its own time, so that one that
 * hangs keeps nobody waiting.
 * @returns failure `unhealthy` when a check failed
 * @throws AppError not-found for a check that there is not
 */
export async function runDoctor(ctx: HostContext, options: DoctorOptions): Promise<Outcome<Diagnosis>> {
  const { ids = [], limitMs = LIMIT_MS, checks = allChecks, clean } = options;
  const exam = new Examination(ctx);
  const results = await Promise.all(choose(checks, ids).map((check) => runCheck(check, exam, { limitMs, clean })));
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  const data: Diagnosis = {
    checks: results,
    ok: count("ok"),
    warnings: count("warning"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
  return data.failed === 0 ? { data } : { data, failure: unhealthy(results) };
}

function choose(checks: readonly Check[], ids: readonly string[]): readonly Check[] {
  const unknown = ids.find((id) => !checks.some((check) => check.id === id));
  if (unknown !== undefined) {
    throw new AppError("not-found", `there is no check "${shown(unknown)}"`, {
      hint: "mtproxy doctor --list shows which there are",
    });
  }
  return ids.length === 0 ? checks : checks.filter(({ id }) => ids.includes(id));
}

async function runCheck(
  check: Check,
  exam: Examination,
  { limitMs, clean }: Required<Pick<DoctorOptions, "limitMs" | "clean">>,
): Promise<CheckResult> {
  const started = performance.now();
  const { verdict, reason, hint } = await within(Math.min(limitMs, check.limitMs ?? limitMs), finding(check, exam));
  const milliseconds = Math.round(performance.now() - started);
  const words = clean(reason.replaceAll(/\s*\n\s*/g, "; "));
  return { id: check.id, title: check.title, verdict, reason: words, hint: hint ?? null, milliseconds };
}

async function finding(check: Check, exam: Examination): Promise<Finding> {
  try {
    return await check.run(exam);
  } catch (error) {
    if (error instanceof NotExamined) return skipped(error.message);
    if (error instanceof AppError) return failed(error.message, error.hint ?? "mtproxy status");
    return failed(`this check could not be made: ${wordsOf(error)}`, `mtproxy doctor ${check.id} --debug`);
  }
}

async function within(limitMs: number, work: Promise<Finding>): Promise<Finding> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Finding>((resolve) => {
    const words = `no answer within ${limitMs / 1000} s: something that it asks hangs`;
    timer = setTimeout(() => resolve(failed(words, "mtproxy doctor docker shows whether Docker answers")), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function unhealthy(results: readonly CheckResult[]): AppError {
  const ill = results.filter(({ verdict }) => verdict === "failed");
  const next = ill.find(({ hint }) => hint !== null)?.hint;
  return new AppError(
    "unhealthy",
    `${ill.length} of ${results.length} checks failed: ${ill.map(({ id }) => id).join(", ")}`,
    next === undefined || next === null ? {} : { hint: next },
  );
}
