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

export function setUserView({ username, note, tags, expiresAt, changed }: SetUser, style: Style): string {
  return [
    changed ? `${style.good("✓")} ${username} is changed` : `${username} was so already`,
    `  Note: ${note ?? "-"}`,
    `  Tags: ${tags.length === 0 ? "-" : tags.join(", ")}`,
    `  Link ends: ${expiresAt === null ? "never" : formatInstant(expiresAt)}`,
  ].join("\n");
}
