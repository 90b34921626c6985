import type { Ticked } from "../app/live/tick.ts";
import type { Style } from "../commands/command.ts";
import type { AppError } from "../domain/errors.ts";

/** Nothing at all when nothing was done: cron sends a mail for every word. */
export function tickView({ expired, overlapsEnded, applied }: Ticked, style: Style, failure?: AppError): string {
  if (failure !== undefined) return "";
  const done = (text: string) => `${style.good("✓")} ${text}`;
  const nobody = expired.length + overlapsEnded.length === 0;
  return [
    ...expired.map((name) => done(`${name}'s link has expired; secret and port are kept`)),
    ...overlapsEnded.map((name) => done(`${name}'s old link has ended; the new one goes on working`)),
    ...(nobody && applied ? [done("what was pending is live")] : []),
  ].join("\n");
}
