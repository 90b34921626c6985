import type { ChangedLink } from "../app/people/changed-links.ts";
import type { RemovedUser } from "../app/people/remove-user.ts";
import type { SetUser } from "../app/people/set-user.ts";
import type { SwitchedUser } from "../app/people/switch-user.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";

export function removedUserView({ username, hadSecret, removed, revoked }: RemovedUser, style: Style): string {
  if (removed === "nothing")
    return hadSecret ? `Nothing was removed: ${username} keeps the secret` : `${username} has no MTProxy secret`;
  const what =
    removed === "record"
      ? `${username} is removed`
      : `${username}'s secret is removed, the record stays for the VLESS stack`;
  return revoked ? `${style.good("✓")} ${what}; the old link is dead` : what;
}

export function switchedUserView({ username, enabled, changed, live }: SwitchedUser, style: Style): string {
  const state = enabled ? "enabled" : "disabled";
  if (!live) return `${username} is ${state}`;
  const effect = enabled ? "the same link works again" : "the link is dead, secret and port are kept";
  return `${style.good("✓")} ${username} ${changed ? "is" : "was already"} ${state}: ${effect}`;
}

export function setUserView(data: SetUser, style: Style): string {
  const { username, note, tags, group, expiresAt, changed, links } = data;
  return [
    changed ? `${style.good("✓")} ${username} is changed` : `${username} was so already`,
    `  Note: ${note ?? "-"}`,
    `  Tags: ${tags.length === 0 ? "-" : tags.join(", ")}`,
    ...(group === undefined ? [] : [`  Group: ${group}`]),
    `  Link ends: ${expiresAt === null ? "never" : formatInstant(expiresAt)}`,
    ...changedLinkLines(links),
  ].join("\n");
}

/** Who needs a new link, and where it is. */
export function changedLinkLines(links: readonly ChangedLink[]): string[] {
  if (links.length === 0) return [];
  return [
    "",
    "Links that change:",
    ...links.map(({ username, from, to }) => `  ${username}: ${from} → ${to} (mtproxy show ${username})`),
  ];
}
