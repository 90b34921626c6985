import type { Context } from "../../context.ts";
import type { Change } from "../../domain/audit/entry.ts";
import { wordsOf } from "../../domain/errors.ts";
import { AuditLog } from "../../state/audit-log.ts";

/** Writes down what nobody typed. Never throws: what was done is done, and a log that cannot be written is told. */
export async function noteChange(
  ctx: Context,
  change: Pick<Change, "actor" | "command" | "about" | "words">,
  tell: (trouble: string) => void,
): Promise<void> {
  try {
    await new AuditLog(ctx).change(change);
  } catch (error) {
    tell(`this is not written down in the audit log: ${wordsOf(error)}`);
  }
}
