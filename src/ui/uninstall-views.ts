import type { Uninstalled, UninstallPlan } from "../app/setup/uninstall.ts";
import type { Style } from "../commands/command.ts";
import type { HostEntry } from "../domain/host-record.ts";

export function uninstalledView(result: Uninstalled, style: Style): string {
  if (!result.done) return uninstallPlanText(result);
  const { home, left, purge, stays } = result;
  const kept = purge
    ? `Left in ${home}, not ours: ${left.join(", ")}`
    : `People, keys and settings are kept in ${home}`;
  return [
    `${style.good("✓")} ${purge ? "Removed, with everything of ours in" : "Removed from this machine; home:"} ${home}`,
    ...(left.length === 0 ? [] : [kept]),
    ...stays.flatMap(({ what, next }) => [`${style.bad("✗")} Still there: ${what}`, `  ${next}`]),
    ...(purge
      ? []
      : ["  mtproxy setup               brings it back", "  mtproxy uninstall --purge   removes that too"]),
    "Images and the package stay: docker images, npm uninstall -g familytraffic-mtproxy",
  ].join("\n");
}

export function uninstallPlanText({ home, purge, proxies, host, users, sharesHome }: UninstallPlan): string {
  return [
    "What will be removed:",
    ...proxies.map(({ engine, names }) => `  ${engine}: ${names === null ? "cannot be reached" : named(names)}`),
    ...host.map((entry) => `  ${describe(entry)}`),
    ...(purge ? [`  everything of ours in ${home}, with the links of ${users} people`] : []),
    ...(proxies.length + host.length === 0 && !purge ? ["  nothing"] : []),
    "What stays:",
    ...(purge ? [] : [`  ${home}, with ${users} people, their keys and the settings`]),
    ...(sharesHome ? ["  what is not ours in it: the VLESS stack's files and its people in users.json"] : []),
    "  Docker, images and this package",
  ].join("\n");
}

function named(names: readonly string[]): string {
  return names.length === 0 ? "nothing runs" : names.join(", ");
}

function describe({ kind, what }: HostEntry): string {
  if (kind === "rule") return `the UFW rule for ${what}`;
  if (kind === "route") return `the UFW route rule for ${what}`;
  if (kind === "chain") return `the rules in DOCKER-USER for ${what}`;
  return kind === "timer" ? `the timer ${what}` : what;
}
