import type { AddedLine, AddedUsers } from "../app/people/add-users.ts";
import type { Style } from "../commands/command.ts";

/** A line for each line of the list, links whole, and a sum. */
export function addedUsersView({ lines, added, present, refused }: AddedUsers, style: Style): string {
  if (lines.length === 0) return "Nobody is in the list";
  return [
    ...lines.map((line) => lineOf(line, style)),
    "",
    `${added} new, ${present} there already, ${refused} refused`,
  ].join("\n");
}

function lineOf({ line, username, result, reason, card }: AddedLine, style: Style): string {
  const where = `line ${line}: ${username === "" ? "(no name)" : username}`;
  if (result === "refused") return `${style.bad("✗")} ${where}: ${reason ?? "refused"}`;
  const what = result === "added" ? "" : " is there already";
  return [`${style.good("✓")} ${where}${what}`, ...(card?.link ? [`    ${card.link}`] : [])].join("\n");
}
