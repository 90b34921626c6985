import type { CreatedBackup } from "../app/moving/back-up.ts";
import type { BackupList, ListedBackup } from "../app/moving/list-backups.ts";
import type { RestoredBackup } from "../app/moving/restore-backup.ts";
import type { Style } from "../commands/command.ts";
import type { HomeDifference } from "../domain/home-difference.ts";
import { table } from "./table.ts";
import { formatBytes } from "./units.ts";

export function createdBackupView({ path, files, bytes, encrypted, pruned }: CreatedBackup, style: Style): string {
  const removed = pruned.map((name) => `  ${path === null ? "would remove" : "removed"} ${name}`);
  if (path === null) return [`Would save ${files.length} files, ${formatBytes(bytes)}`, ...removed].join("\n");
  const what = `${files.length} files, ${formatBytes(bytes)}${encrypted ? ", encrypted" : ""}`;
  return [
    `${style.good("✓")} ${path} (${what})`,
    ...removed,
    encrypted
      ? "Without the passphrase nobody can restore it, you included."
      : "It holds every key: keep it as you keep the server.",
  ].join("\n");
}

export async function backupListView({ backups, folder }: BackupList, style: Style): Promise<string> {
  if (backups.length === 0) return `No backups in ${folder} yet: mtproxy backup create`;
  const columns = ["Date", "Reason", "Size", "Encrypted", "File"].map((title) => ({ title }));
  const rows = backups.map((backup) => listRow(backup, style));
  const faults = backups.flatMap(({ fault }) => (fault === null ? [] : [style.bad(fault)]));
  return [await table(columns, rows), ...faults].join("\n");
}

function listRow({ createdAt, reason, automatic, encrypted, bytes, name }: ListedBackup, style: Style): string[] {
  const date = createdAt === null ? "-" : createdAt.slice(0, 19).replace("T", " ");
  const why = reason === null ? style.bad("damaged") : `${reason}${automatic === true ? " (automatic)" : ""}`;
  return [date, why, formatBytes(bytes), encrypted === null ? "-" : encrypted ? "yes" : "no", name];
}

export function restoredBackupView(restored: RestoredBackup, style: Style): string {
  const { before, files } = restored;
  if (!restored.restored) return differenceView(restored);
  const what = `${files.length} file${files.length === 1 ? "" : "s"} changed`;
  return [
    differenceView(restored),
    "",
    `${style.good("✓")} Restored, ${what}`,
    ...(before === null ? [] : [`What was here before: ${before}`]),
  ].join("\n");
}

/** What restoring means, to be read before it is done. */
export function differenceView({ file, createdAt, reason, difference, unreadable, files }: RestoredBackup): string {
  const head = `Backup of ${createdAt.slice(0, 19).replace("T", " ")} UTC (${reason}): ${file}`;
  const state = unreadable === null ? [] : [`  what is here now cannot be read: ${unreadable}`];
  const lines = [...state, ...differenceLines(difference)];
  if (lines.length === 0 && files.length === 0) return `${head}\n  everything is as it was then`;
  const others = lines.length === 0 ? [`  nobody's link changes; files that differ: ${files.join(", ")}`] : [];
  return [head, ...lines, ...others].join("\n");
}

function differenceLines(difference: HomeDifference): string[] {
  const { links, settings, sharedSecrets, coverDomains, promotedChannel } = difference;
  return [
    ...listed("gets a link again", difference.comes),
    ...listed("loses the link", difference.goes),
    ...links.map(({ username, changes }) => `  ${username}'s link changes: ${changes.join(", ")}`),
    ...listed("is enabled", difference.enabled),
    ...listed("is disabled", difference.disabled),
    ...settings.map(({ name, before, after }) => `  setting ${name}: ${before ?? "-"} → ${after ?? "-"}`),
    ...counted("come back", sharedSecrets.comes),
    ...counted("go", sharedSecrets.goes),
    ...listed("is a cover domain again", coverDomains.comes),
    ...listed("is no cover domain any more", coverDomains.goes),
    ...(promotedChannel === "same" ? [] : [`  the promoted channel ${promotedChannel}`]),
    ...listed("is a group with another promoted channel than now", difference.groupChannels),
  ];
}

function listed(what: string, names: readonly string[]): string[] {
  return names.map((name) => `  ${name} ${what}`);
}

function counted(what: string, count: number): string[] {
  return count === 0 ? [] : [`  shared secrets that ${what}: ${count}`];
}
