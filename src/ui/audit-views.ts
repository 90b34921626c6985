import type { AuditHistory } from "../app/audit/show-history.ts";
import type { Style } from "../commands/command.ts";
import type { AuditRecord } from "../domain/audit/record.ts";
import { shellWord } from "./sudo-hint.ts";

/** A change a line, and a second one for what went wrong; the newest last, as a terminal scrolls. */
export function auditHistoryView({ changes, total }: AuditHistory, style: Style): string {
  if (total === 0) return "Nothing is written down.";
  const left = total - changes.length;
  const before =
    left === 0 ? [] : [style.dim(`${left} older ${left === 1 ? "one" : "ones"}: --limit ${total} shows all`)];
  return [...before, ...changes.map((it) => changeLines(it, style))].join("\n");
}

function changeLines(change: AuditRecord, style: Style): string {
  const at = `${change.at.slice(0, 19).replace("T", " ")} UTC`;
  const line = `${style.dim(at)}  ${whoOf(change)}  ${style.bold(whatOf(change))}  ${outcomeOf(change, style)}`;
  return change.words === null ? line : `${line}\n    ${change.words}`;
}

function whoOf({ actor, user, terminal, from }: AuditRecord): string {
  if (actor !== "person") return actor;
  const where = [...(from === null ? [] : [from]), terminal ?? "no terminal"].join(", ");
  return `${user ?? "?"} (${where})`;
}

function whatOf({ typed, command, about }: AuditRecord): string {
  if (typed.length > 0) return typed.map(shellWord).join(" ");
  return [command, ...about].join(" ");
}

function outcomeOf({ outcome, exitCode, milliseconds, dryRun }: AuditRecord, style: Style): string {
  if (outcome === "unfinished") return style.warning("did not end: it was killed, or still runs");
  const took = milliseconds === null ? "" : ` ${(milliseconds / 1000).toFixed(1)} s`;
  if (outcome === "failed") return style.bad(`✗ exit ${exitCode}${took}`);
  return `${style.good("✓")}${took}${dryRun ? " (dry run)" : ""}`;
}
