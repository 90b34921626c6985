/** What a setup may put on the machine outside the home; each is chosen and removed on its own. */
export const chosenParts = ["firewall", "timer", "logrotate", "fail2ban", "commands", "completion", "man"] as const;

export type ChosenPart = (typeof chosenParts)[number];

/**
 * Those and what follows a setting: `docker_firewall`, `routing`, with which the agents and the daemon come and go, and `stats_api`, for
 * which the daemon is there without the agents.
 */
export const hostParts = [
  "firewall",
  "docker-firewall",
  "edge",
  "stats-api",
  ...chosenParts.slice(1),
] as const satisfies readonly HostPart[];

export type HostPart = ChosenPart | "docker-firewall" | "edge" | "stats-api";

/** One thing that we put there: exactly these are removed at uninstall. */
export interface HostEntry {
  readonly part: HostPart;
  readonly kind: HostEntryKind;
  readonly what: string;
}

/**
 * `file`, `link` and `folder` by system path, `timer` by the name of the unit that is enabled, `rule` of UFW as `8443/tcp` or
 * `443/tcp at 10.213.0.1 from 10.213.0.0/22`, `route` of UFW as `8443/tcp on br-0123456789ab`, `chain` of iptables by the bridge that
 * it is for. Removed in this order.
 */
export const hostEntryKinds = ["timer", "chain", "rule", "route", "file", "link", "folder"] as const;

export type HostEntryKind = (typeof hostEntryKinds)[number];

/** Our commands, by the program that each one starts. */
export const commandPrograms: Readonly<Record<string, string>> = {
  mtproxy: "familytraffic-mtproxy",
  "familytraffic-mtproxy": "familytraffic-mtproxy",
  "vless-mtproxy": "familytraffic-mtproxy",
  "vless-user": "vless-user",
  "vless-mtproxy-setup": "vless-mtproxy-setup",
  "vless-mtproxy-uninstall": "vless-mtproxy-uninstall",
};

export const hostCommands: readonly string[] = Object.keys(commandPrograms);

export function sameEntry(a: HostEntry, b: HostEntry): boolean {
  return a.kind === b.kind && a.what === b.what;
}
