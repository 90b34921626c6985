import type { Rotated, RotatedUser } from "../app/people/rotate-all.ts";
import type { Style } from "../commands/command.ts";
import type { AppError } from "../domain/errors.ts";
import { formatInstant } from "../domain/expiry.ts";

/** Everybody's new link, and the files to send. */
export function rotatedView(data: Rotated, style: Style, failure?: AppError): string {
  const { users, oldLinksUntil } = data;
  const old =
    oldLinksUntil === null ? "the old links are dead" : `the old links work until ${formatInstant(oldLinksUntil)}`;
  const count = `${users.length} new ${users.length === 1 ? "link" : "links"}`;
  const title = failure === undefined ? `${style.good("✓")} ${count}; ${old}` : `${style.warning("!")} ${count} saved`;
  return [style.bold(title), ...portLines(data), "", ...users.map((user) => userLines(user, style))].join("\n");
}

/** A provider's firewall may let in the old ones only. */
function portLines({ port, users }: Rotated): string[] {
  if (port === null) return [];
  const ports = new Set(users.flatMap((user) => user.port ?? []));
  return [`Ports that must be open now: ${[...ports].sort((a, b) => a - b).join(", ")}`];
}

function userLines({ username, enabled, link, invitation }: RotatedUser, style: Style): string {
  return [
    `${username}${enabled ? "" : style.warning(" (disabled)")}`,
    ...(link === null ? [] : [`  ${link}`]),
    ...(invitation === null ? [] : [`  ${invitation.message}`, `  ${invitation.page}`]),
  ].join("\n");
}

/** What is said before everybody's link changes. */
export function rotationQuestion({ users, oldLinksUntil }: Rotated): string {
  const old = oldLinksUntil === null ? "Every old link stops working at once." : "The old links work on for that time.";
  return `Give ${users.length} ${users.length === 1 ? "person" : "people"} a new link? ${old}`;
}
