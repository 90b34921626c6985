import type { Imported, ImportedUser, ToldSetting } from "../app/moving/import-users.ts";
import type { Style } from "../commands/command.ts";
import { costWords } from "./service-views.ts";
import { table } from "./table.ts";
import { counted } from "./units.ts";

export async function importView(imported: Imported, style: Style): Promise<string> {
  const { users, skipped, coverDomainsAdded, settings, notes, cost } = imported;
  const processes =
    cost === null ? [] : [`${costWords(cost)}; then ${counted(cost.processes, "process", "processes")}`];
  return [
    titleOf(imported, style),
    ...(users.length === 0 ? [] : ["", await userTable(users)]),
    ...block(
      "Not taken:",
      skipped.map(({ what, reason }) => `${what}: ${reason}`),
    ),
    ...block("Cover domains added to the list:", coverDomainsAdded),
    ...block("Set there, and not taken:", settings.map(settingLine)),
    ...block("Beside that:", notes),
    ...(users.length === 0 ? [] : ["", ...fateLines(users)]),
    ...(processes.length === 0 ? [] : ["", ...processes]),
  ].join("\n");
}

function titleOf({ users, title, file, imported }: Imported, style: Style): string {
  const people = `${users.length} ${users.length === 1 ? "person" : "people"}`;
  const from = `from ${title}: ${file}`;
  if (!imported) return `Would import ${people} ${from}`;
  return users.length === 0 ? `Nobody new ${from}` : `${style.good("✓")} ${people} imported ${from}`;
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

async function userTable(users: readonly ImportedUser[]): Promise<string> {
  const columns = ["User", "Mode", "Domain", "Shard", "Port", "Link"].map((title) => ({ title }));
  const rows = users.map((user) => [
    user.username +
      (user.renamedFrom === null ? "" : ` (was ${user.renamedFrom})`) +
      (user.enabled ? "" : " (disabled)"),
    user.mode,
    user.domain ?? "-",
    user.shardId?.toString() ?? "-",
    user.port?.toString() ?? "-",
    fateWords(user),
  ]);
  return table(columns, rows);
}

function fateWords({ link, formerPort, formerServer, port }: ImportedUser): string {
  if (link === "same") return "unchanged";
  if (link === "port") return `port ${formerPort} → ${port}`;
  if (link === "server") return `named ${formerServer}`;
  return link === "other" ? "new" : "?";
}

/** Who has to be sent a link, and who has not. */
function fateLines(users: readonly ImportedUser[]): string[] {
  const named = (fate: ImportedUser["link"]) =>
    users.filter(({ link }) => link === fate).map(({ username }) => username);
  const line = (what: string, names: readonly string[]) => (names.length === 0 ? [] : [`${what}: ${names.join(", ")}`]);
  return [
    ...line("Links that go on working unchanged", named("same")),
    ...line("Links that change their port", named("port")),
    ...line("Links that name another server", named("server")),
    ...line("Links that go on working where server and port are as before", named("unknown")),
    ...line("Links that cannot go on working; send new ones", named("other")),
    ...users.flatMap(({ username, reason }) => (reason === null ? [] : [`  ${username}: ${reason}`])),
  ];
}

function settingLine({ name, there, here, command }: ToldSetting): string {
  return `${name.replace("_", " ")} ${there} (here ${here ?? "none"}): ${command}`;
}
