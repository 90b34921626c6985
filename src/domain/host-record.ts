/** What a setup may put on the machine outside the home; each is chosen and removed on its own. */
export const hostParts = ["firewall", "timer", "logrotate", "fail2ban", "commands"] as const;

export type HostPart = (typeof hostParts)[number];

/** One thing that we put there: exactly these are removed at uninstall. */
export interface HostEntry {
  readonly part: HostPart;
  /** `file` and `link` by system path, `timer` by the name of the unit that is enabled, `rule` as `8443/tcp`. */
  readonly kind: "file" | "link" | "timer" | "rule";
  readonly what: string;
}

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
