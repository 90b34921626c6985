import type { RefreshedConfig } from "../app/telegram-config/refresh-config.ts";
import type { Style } from "../commands/command.ts";

const DONE = {
  reload: "reads the new proxy-multi.conf, nobody is cut",
  restart: "restarts with the new files",
  replace: "is replaced by one with the new files, nobody is cut",
  write: "gets the new proxy-multi.conf at its next start",
} as const;

/** Nothing for nothing: cron would send it as mail. */
export function refreshView({ changed, files, shards }: RefreshedConfig, style: Style): string {
  if (!changed) return "";
  const changedFiles = files.filter((file) => file.changed).map(({ name, source }) => `${name} is new, from ${source}`);
  const lines = [...changedFiles, ...shards.map(({ name, how }) => `${name} ${DONE[how]}`)];
  return lines.map((line) => `${style.good("✓")} ${line}`).join("\n");
}
