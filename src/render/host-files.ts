import { join } from "node:path";
import agentTemplate from "../../templates/agent.service.tmpl";
import cronTemplate from "../../templates/cron.tmpl";
import daemonTemplate from "../../templates/daemon.service.tmpl";
import dockerFirewallCron from "../../templates/docker-firewall.cron.tmpl";
import dockerFirewallUnit from "../../templates/docker-firewall.service.tmpl";
import dockerFirewallScript from "../../templates/docker-firewall.sh.tmpl";
import filterTemplate from "../../templates/fail2ban-filter.conf.tmpl";
import jailTemplate from "../../templates/fail2ban-jail.conf.tmpl";
import logrotateTemplate from "../../templates/logrotate.tmpl";
import serviceTemplate from "../../templates/unit.service.tmpl";
import timerTemplate from "../../templates/unit.timer.tmpl";
import { HAPROXY_LOG } from "../domain/connection-log.ts";
import { fillTemplate } from "./template.ts";

/** A file for the machine itself: system path, text, 0644. */
export interface HostFile {
  readonly path: string;
  readonly content: string;
}

/** What the files of the machine depend on. */
export interface HostFileFacts {
  /** Absolute. */
  readonly home: string;
  readonly logs: string;
  /** Words that start this product, absolute. */
  readonly command: readonly string[];
  /** Every port that links may name, as iptables writes them: `8443,8444:9467`. */
  readonly ports: string;
  /** Of fail2ban: gone where the log tells no whole addresses. */
  readonly jail: "on" | "off" | "gone";
}

/** First line of each of our files, behind what starts a comment there; a file without it is somebody else's. */
export const WRITER =
  "# Written by familytraffic-mtproxy (mtproxy setup), which writes it anew; mtproxy uninstall removes it.";

export function isOurFile(content: string): boolean {
  // zsh reads its own word in the first line of a completion.
  return content.split("\n", 2).some((line) => line.endsWith(WRITER));
}

const NAME = "familytraffic-mtproxy";

interface Job {
  readonly name: string;
  readonly purpose: string;
  readonly words: readonly string[];
  /** systemd.time(7). */
  readonly calendar: string;
  /** crontab(5), five fields. */
  readonly cron: string;
  /** Longest random wait, seconds. */
  readonly delay: number;
}

const refresh: Job = {
  name: `${NAME}-refresh-config`,
  purpose: "fetch Telegram's list of datacenters for the proxy",
  words: ["refresh-config", "--quiet"],
  calendar: "daily",
  cron: "7 1 * * *",
  delay: 6 * 3600,
};

const tick: Job = {
  name: `${NAME}-tick`,
  purpose: "do what is due at the proxy: expiries, ends of overlaps, pending changes",
  words: ["tick", "--quiet"],
  calendar: "*:0/5",
  cron: "*/5 * * * *",
  delay: 60,
};

const jobs: readonly Job[] = [refresh, tick];

/** Names of the timers that are to be enabled. */
export function timerNames(): string[] {
  return jobs.map(({ name }) => `${name}.timer`);
}

export function systemdFiles(facts: HostFileFacts): HostFile[] {
  return jobs.flatMap((job) => [
    unit(`${job.name}.service`, serviceTemplate, {
      description: `${capitalised(job.purpose)}`,
      command: commandOf(facts, job).map(systemdWord).join(" "),
    }),
    unit(`${job.name}.timer`, timerTemplate, {
      description: `When to ${job.purpose}`,
      calendar: job.calendar,
      delay: String(job.delay),
    }),
  ]);
}

function unit(name: string, template: string, values: Readonly<Record<string, string>>): HostFile {
  return { path: join("/etc/systemd/system", name), content: fillTemplate(template, { writer: WRITER, ...values }) };
}

/** Of one agent. */
export function agentUnit(number: number): string {
  return `${NAME}-agent@${number}.service`;
}

export const DAEMON_UNIT = `${NAME}-daemon.service`;

/** What has to run while HAProxy routes. `agents`: the folder that is theirs. */
export function edgeFiles(facts: HostFileFacts, agents: string): HostFile[] {
  const agent = unit(`${NAME}-agent@.service`, agentTemplate, {
    command: serviceCommand(facts),
    agents: systemdWord(`-${agents}`),
  });
  return [agent, ...daemonFiles(facts)];
}

/** The daemon alone. */
export function daemonFiles(facts: HostFileFacts): HostFile[] {
  return [unit(DAEMON_UNIT, daemonTemplate, { command: serviceCommand(facts) })];
}

function serviceCommand({ command, home }: HostFileFacts): string {
  return [...command, "--home", home].map(systemdWord).join(" ");
}

/** cron reads no file with a dot in its name. */
export function cronFiles(facts: HostFileFacts): HostFile[] {
  const lines = jobs.map((job) => {
    const wait = `sleep "$(shuf -i 0-${job.delay} -n 1)"`;
    return `${job.cron} root ${wait}; ${commandOf(facts, job).map(cronWord).join(" ")} >/dev/null`;
  });
  return [
    { path: `/etc/cron.d/${NAME}`, content: fillTemplate(cronTemplate, { writer: WRITER, jobs: lines.join("\n") }) },
  ];
}

/** A log that two rules are for is an error to logrotate: the audit log has one of its own. */
export function logrotateFiles({ logs }: HostFileFacts): HostFile[] {
  const quoted = (path: string) => `"${path.replaceAll('"', '\\"')}"`;
  const values = {
    logs: [`${globbed(logs)}/[!a]*.log`, HAPROXY_LOG].map(quoted).join(" "),
    audit: quoted(`${globbed(logs)}/audit.log`),
  };
  return [
    { path: `/etc/logrotate.d/${NAME}`, content: fillTemplate(logrotateTemplate, { writer: WRITER, ...values }) },
  ];
}

export const JAIL = `/etc/fail2ban/jail.d/${NAME}.conf`;

export function fail2banFiles({ ports, jail }: HostFileFacts): HostFile[] {
  const values = { writer: WRITER, log: HAPROXY_LOG, ports, enabled: String(jail === "on") };
  const filter = fillTemplate(filterTemplate, { writer: WRITER });
  return [
    { path: `/etc/fail2ban/filter.d/${NAME}.conf`, content: filter },
    ...(jail === "gone" ? [] : [{ path: JAIL, content: fillTemplate(jailTemplate, values) }]),
  ];
}

/** By this chain our rules are known; 28 characters at most. */
export const DOCKER_FIREWALL_CHAIN = "FAMILYTRAFFIC-UFW";

export const DOCKER_FIREWALL_SCRIPT = `/etc/ufw/${NAME}.sh`;

export const DOCKER_FIREWALL_UNIT = `${NAME}-docker-firewall.service`;

/** What puts the rules in, and what calls it when the machine starts. */
export function dockerFirewallFiles(bridge: string, starter: "systemd" | "cron" | undefined): HostFile[] {
  const [path, chain] = [DOCKER_FIREWALL_SCRIPT, DOCKER_FIREWALL_CHAIN];
  const values = { writer: WRITER, script: path };
  return [
    { path, content: fillTemplate(dockerFirewallScript, { writer: WRITER, path, bridge, chain }) },
    ...(starter === "systemd" ? [unit(DOCKER_FIREWALL_UNIT, dockerFirewallUnit, { script: path })] : []),
    ...(starter === "cron"
      ? [{ path: `/etc/cron.d/${NAME}-docker-firewall`, content: fillTemplate(dockerFirewallCron, values) }]
      : []),
  ];
}

function commandOf({ command, home }: HostFileFacts, { words }: Job): string[] {
  return [...command, "--home", home, ...words];
}

/** systemd.syntax(7): quoted, with specifiers and variables meant as they stand. */
function systemdWord(word: string): string {
  const plain = word.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(word) ? `"${plain}"` : plain;
}

/** A shell's word, in which cron would make a line break of `%`. */
function cronWord(word: string): string {
  const quoted = /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return quoted.replaceAll("%", "\\%");
}

/** Read as a pattern, meant as it stands. */
function globbed(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, "\\$&");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
