import type { Verdict } from "../app/doctor/check.ts";
import type { CheckList, CheckResult, Diagnosis } from "../app/doctor/run-doctor.ts";
import type { Style } from "../commands/command.ts";

export function doctorView(data: Diagnosis | CheckList, style: Style): string {
  return "failed" in data ? diagnosisView(data, style) : listView(data);
}

function diagnosisView({ checks, ok, warnings, failed, skipped }: Diagnosis, style: Style): string {
  const counts = [`${ok} fine`, `${warnings} to look at`, `${failed} failed`, `${skipped} not looked at`].join(", ");
  return [...checks.map((check) => checkLines(check, style)), "", counts].join("\n");
}

function checkLines({ id, verdict, reason, hint }: CheckResult, style: Style): string {
  const line = `${mark(verdict, style)} ${id.padEnd(ID_WIDTH)} ${verdict === "skipped" ? style.dim(reason) : reason}`;
  return hint === null ? line : `${line}\n${" ".repeat(ID_WIDTH + 3)}→ ${hint}`;
}

const ID_WIDTH = 16;

function mark(verdict: Verdict, style: Style): string {
  const marks = { ok: style.good("✓"), warning: style.warning("!"), failed: style.bad("✗"), skipped: style.dim("-") };
  return marks[verdict];
}

function listView({ checks }: CheckList): string {
  return checks.map(({ id, title }) => `${id.padEnd(ID_WIDTH)} ${title}`).join("\n");
}
