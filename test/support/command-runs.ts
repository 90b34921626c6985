import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CliHome } from "./cli-home.ts";
import { coverDomain } from "./cover-site.ts";

/** Homes and files that the runs of all commands share. */
export interface Stage {
  /** A home on the trial engine with people, shared secrets and a remembered promoted channel. */
  readonly home: CliHome;
  /** Nobody set up a proxy here. */
  readonly bare: string;
  /** No file of its state can be read. */
  readonly broken: string;
  /** A folder for what else is needed. */
  readonly folder: string;
  /** Port of a site that can be imitated. */
  readonly coverPort: number;
}

/** What is typed after the command's own words. */
type Words = readonly string[] | ((stage: Stage) => readonly string[]);

interface Failure {
  readonly args: Words;
  /** Another home than the one where everything works. */
  readonly where?: "bare" | "broken";
  /** The words are refused before it is known which command shall run. */
  readonly early?: true;
}

/** What shows a command: to people, as JSON, and when it fails. */
export type CommandRuns =
  | {
      readonly works: Words /** Other words for JSON. */;
      readonly json?: Words;
      readonly says: RegExp;
      readonly fails: Failure;
    }
  | {
      /** Why it cannot succeed without Docker or a terminal. */
      readonly needs: string;
      /** Test file that runs it whole. */
      readonly elsewhere: string;
      readonly fails: Failure;
    };

export function wordsOn(stage: Stage, words: Words): readonly string[] {
  return typeof words === "function" ? words(stage) : words;
}

const TAG = `7f${"0".repeat(28)}7f`;
const NO_NAME = { args: ["no name!"] } as const;
const NOBODY = { args: ["nobody"] } as const;
const NO_FILE = { args: ["/no/such/file"] } as const;
const UNKNOWN_SECRET = { args: ["99"] } as const;
const BARE = { args: [], where: "bare" } as const;
const BROKEN = { args: [], where: "broken" } as const;

export const mtproxyRuns: Readonly<Record<string, CommandRuns>> = {
  "add-user": { works: ["dora"], json: ["emil", "--fake-tls"], says: /tg:\/\/proxy\?/, fails: NO_NAME },
  "set-user": {
    works: ["alice", "--note", "aunt", "--dry-run"],
    json: ["alice", "--tag", "family", "--expires", "30d"],
    says: /aunt/,
    fails: { args: ["nobody", "--note", "x"] },
  },
  "remove-user": { works: ["alice", "--dry-run"], json: ["leaver", "--yes"], says: /alice/, fails: NOBODY },
  "list-users": { works: [], says: /alice/, fails: BROKEN },
  "list-user-secrets": { works: [], says: /^MTProxy User Secrets:/, fails: BROKEN },
  "show-user-config": { works: ["alice"], says: /tg:\/\/proxy\?/, fails: NOBODY },
  "disable-user": { works: ["alice", "--dry-run"], says: /alice/, fails: NOBODY },
  "enable-user": { works: ["alice"], says: /alice/, fails: NOBODY },
  "regenerate-user-secret": {
    works: ["alice", "--dry-run"],
    json: ["bob", "--overlap", "7d"],
    says: /alice/,
    fails: NOBODY,
  },
  rotate: { works: ["--all", "--dry-run"], says: /alice/, fails: { args: [] } },
  "link decode": { works: ["00".repeat(16)], says: /plain/, fails: { args: ["nonsense"] } },
  "vless-user add": {
    works: ["nina", "--dry-run"],
    json: ["nina", "--with-mtproxy", "--dry-run"],
    says: /nina/,
    fails: NO_NAME,
  },
  "vless-user remove": { works: ["alice", "--dry-run"], json: ["bob", "--dry-run"], says: /alice/, fails: NOBODY },
  "vless-user show": { works: ["alice"], says: /^MTProxy Configuration:/, fails: NOBODY },
  "vless-user list": { works: [], says: /^Users \(\d+ total\):/, fails: BROKEN },
  "add-secret": {
    works: ["--dry-run", "--description", "club"],
    json: ["--description", "club"],
    says: /Shared secret 2/,
    fails: { args: ["--plain", "--fake-tls"] },
  },
  "list-secrets": { works: [], says: /reading circle/, fails: BROKEN },
  "remove-secret": { works: ["1", "--dry-run"], says: /reading circle|1/, fails: UNKNOWN_SECRET },
  "regenerate-secret": { works: ["1", "--dry-run"], says: /1/, fails: UNKNOWN_SECRET },
  "show-config": { works: ["1"], says: /tg:\/\/proxy\?/, fails: UNKNOWN_SECRET },
  "list-fake-tls-domains": { works: [], says: /^Fake-TLS Domains \(5\):/, fails: BROKEN },
  "add-fake-tls-domain": {
    works: ["www.example.org", "--no-check", "--dry-run"],
    json: ({ coverPort }) => [coverDomain, "--address", "127.0.0.1", "--port", String(coverPort), "--dry-run"],
    says: /www\.example\.org/,
    fails: { args: ["not_a name"] },
  },
  "remove-fake-tls-domain": {
    works: ["cloudflare.com", "--dry-run"],
    says: /cloudflare\.com/,
    fails: { args: ["google.com"] },
  },
  "check-domain": {
    works: ({ coverPort }) => [coverDomain, "--address", "127.0.0.1", "--port", String(coverPort)],
    says: /TLS 1\.3/,
    fails: { args: ["not_a name"] },
  },
  agent: {
    needs: "root, and to be ended",
    elsewhere: "test/edge/agent-process.test.ts",
    fails: { args: ["3"] },
  },
  "set-limit": {
    works: ["alice", "--connections", "24", "--dry-run"],
    json: ["alice", "--quota", "50G", "--period", "month"],
    says: /24/,
    fails: { args: ["nobody", "--connections", "3"] },
  },
  daemon: { needs: "edge routing, and to be ended", elsewhere: "test/edge/daemon.test.ts", fails: { args: [] } },
  "enable-haproxy-routing": {
    needs: "Docker",
    elsewhere: "test/docker/edge.test.ts",
    fails: { args: [] },
  },
  "disable-haproxy-routing": { works: ["--dry-run"], says: /own public port/, fails: BARE },
  "relay render": {
    works: ["--to", "192.0.2.7:443", "--dry-run"],
    says: /docker compose up -d/,
    fails: { args: ["--to", "nowhere"], early: true },
  },
  "relay start": {
    works: ["--to", "192.0.2.7:443,2", "--port", "8443", "--dry-run"],
    says: /one server on port 8443/,
    fails: BARE,
  },
  "relay stop": { needs: "Docker", elsewhere: "test/docker/relay.test.ts", fails: BARE },
  "relay status": { needs: "Docker", elsewhere: "test/docker/relay.test.ts", fails: BARE },
  "set-cover-site": {
    works: ["--server", "192.0.2.80:8080", "--dry-run"],
    says: /cover_site/,
    fails: { args: ["--server", "no place"] },
  },
  "setup-promoted-channel": {
    needs: "a proxy that carries tags, and a terminal",
    elsewhere: "test/docker/promoted-channel.test.ts",
    fails: { args: [] },
  },
  "set-promoted-channel": {
    needs: "a proxy that carries tags",
    elsewhere: "test/docker/promoted-channel.test.ts",
    fails: { args: [TAG] },
  },
  "show-promoted-channel": { works: [], says: new RegExp(TAG), fails: BROKEN },
  "remove-promoted-channel": { works: ["--dry-run"], says: /\S/, fails: BARE },
  setup: {
    works: ["--no-start"],
    says: /settings|setup|start/i,
    fails: { args: ["--no-start", "--public-host", "no host!"] },
  },
  uninstall: { works: ["--purge", "--dry-run"], says: /familytraffic/, fails: { args: ["--no-input"] } },
  "config show": { works: [], says: /max_connections/, fails: BARE },
  "config set": {
    works: ["max_connections", "400", "--dry-run"],
    says: /max_connections/,
    fails: { args: ["no_such", "1"] },
  },
  "set-port": {
    works: ["2053", "--dry-run"],
    says: /2053/,
    fails: { args: ({ home }) => [String(home.datacenter.port)] },
  },
  "set-host": { works: ["192.0.2.9", "--dry-run"], says: /192\.0\.2\.9/, fails: { args: ["no host!"] } },
  "set-workers": { works: ["1", "--dry-run"], says: /workers/, fails: { args: ["1"], where: "bare" } },
  plan: { works: [], says: /\S/, fails: BARE },
  apply: { works: ["--dry-run"], says: /\S/, fails: BARE },
  tick: { works: ["--dry-run"], says: /^/, fails: BARE },
  status: { works: [], says: /^MTProxy Status:/, fails: BARE },
  verify: { works: ["alice"], says: /alice/, fails: NOBODY },
  start: { works: ["--dry-run"], says: /\S/, fails: BARE },
  stop: { works: ["--dry-run"], says: /familytraffic-mtproxy/, fails: BARE },
  restart: { works: ["--dry-run"], says: /familytraffic-mtproxy/, fails: BARE },
  stats: { works: [], says: /^MTProxy statistics:/, fails: BARE },
  "stats-api start": {
    works: ["--port", "9000", "--dry-run"],
    says: /are to be served at http:\/\/127\.0\.0\.1:9000\//,
    fails: { args: ["--port", "http"], early: true },
  },
  "stats-api stop": { works: [], says: /No figures are served/, fails: BARE },
  "stats-api status": { works: [], says: /^Stats API: off/, fails: BARE },
  "stats-api rotate-token": { works: [], says: /^✓ New token in /, fails: BARE },
  "export-report": {
    works: [],
    json: ({ folder }) => ["--format", "html", "--output", join(folder, "month.html")],
    says: /^month,account,username,/,
    fails: { args: ["--month", "2026-13"] },
  },
  logs: { works: [], says: /\S/, fails: { args: ["9"] } },
  "alerts show": { works: [], says: /^Alerts: on/, fails: BROKEN },
  "alerts set": { works: ["--language", "fa"], says: /Language: fa/, fails: { args: ["--off", "rain"] } },
  "alerts add": {
    works: ["email", "--to", "root", "--dry-run"],
    json: ["email", "--to", "maria@example.com", "--sendmail", "/bin/true"],
    says: /email: root/,
    fails: { args: ["telegram"] },
  },
  "alerts test": { works: ["email"], says: /^✓ email took it: maria@example\.com/, fails: { args: ["pigeon"] } },
  "alerts history": { works: [], says: /^Nothing was told yet/, fails: BROKEN },
  "alerts remove": { works: ["email", "--dry-run"], says: /^Nobody is told/m, fails: { args: ["pigeon"] } },
  history: { works: [], says: / ✓ \d+\.\d s$/m, fails: { args: ["--since", "nonsense"] } },
  doctor: { works: ["home", "state"], json: ["--list"], says: /✓ state /, fails: { args: ["no-such-check"] } },
  "refresh-config": {
    works: ({ folder }) => [...telegramFiles(folder), "--dry-run"],
    says: /proxy-multi\.conf/,
    fails: { args: ["--from-file", "/no/such/file"] },
  },
  "image probe": { needs: "Docker", elsewhere: "test/docker/forty-users.test.ts", fails: { args: ["not a name"] } },
  "image list": { works: [], says: /getpagespeed/, fails: BROKEN },
  "image use": { needs: "Docker", elsewhere: "test/docker/image-use.test.ts", fails: { args: ["not a name"] } },
  schema: { works: ["add-user"], json: [], says: /"mtproxy\/add-user\/1"/, fails: { args: ["no such command"] } },
  completion: { works: ["bash"], says: /complete/, fails: { args: ["tcsh"], early: true } },
  "backup create": {
    works: ["--dry-run"],
    says: /Would save \d+ files/,
    fails: { args: ({ folder }) => ["--output", join(folder, "saved.backup")] },
  },
  "backup list": { works: [], says: /\S/, fails: BROKEN },
  "backup restore": {
    works: ({ folder }) => [join(folder, "saved.backup"), "--dry-run"],
    says: /\S/,
    fails: NO_FILE,
  },
  import: {
    works: ["test/fixtures/import/links/links.txt", "--dry-run"],
    says: /olga/,
    fails: NO_FILE,
  },
  export: {
    works: [],
    json: ({ folder }) => ["--format", "csv", "--output", join(folder, "people.csv")],
    says: /"username": "alice"/,
    fails: { args: ({ folder }) => ["--output", join(folder, "saved.backup")] },
  },
};

/** The second program has the commands of a group, and its own completion. */
export const vlessUserRuns: Readonly<Record<string, CommandRuns>> = {
  ...Object.fromEntries(
    Object.entries(mtproxyRuns).flatMap(([words, runs]) =>
      words.startsWith("vless-user ") ? [[words.slice("vless-user ".length), runs]] : [],
    ),
  ),
  completion: { works: ["zsh"], says: /vless-user/, fails: { args: ["tcsh"], early: true } },
};

const PEOPLE = "name,mode\nalice,padded\nbob,fake-tls\ncarol,plain\nleaver,padded\n";

/** Fills the homes and the folder of a stage. */
export async function setStage(stage: Stage): Promise<void> {
  const { home, broken, folder } = stage;
  await writeFile(join(folder, "people.csv.list"), PEOPLE);
  await home.mtproxy("add-user", "--from-file", join(folder, "people.csv.list"));
  await home.mtproxy("disable-user", "carol");
  await home.mtproxy("add-secret", "--description", "reading circle");
  await home.mtproxy("backup", "create", "--output", join(folder, "saved.backup"));
  const channel = { version: 1, enabled: true, proxy_tag: TAG };
  await writeFile(home.path("config/mtproxy/promoted_channel.json"), JSON.stringify(channel), { mode: 0o600 });
  await writeTelegramFiles(folder);
  await spoilEverything(broken);
}

const settingsFiles = [
  "alerts.json",
  "mtproxy_config.json",
  "mtproxy_secrets.json",
  "shards.json",
  "promoted_channel.json",
];

async function spoilEverything(home: string): Promise<void> {
  for (const path of ["config/mtproxy", "data"]) await mkdir(join(home, path), { recursive: true, mode: 0o700 });
  for (const file of settingsFiles) await writeFile(join(home, "config/mtproxy", file), "{");
  await writeFile(join(home, "config/mtproxy/fake_tls_domains.txt"), "no domain!\n");
  // What does not parse is read again for two seconds: another program may be writing it.
  await writeFile(join(home, "data/users.json"), '{"users": 7}');
  await writeFile(join(home, "backups"), "a folder belongs here");
  await mkdir(join(home, "data/mtproxy_alerts.json"));
}

async function writeTelegramFiles(folder: string): Promise<void> {
  const lines = [1, 2, 3, 4, 5].flatMap((id) => [id, -id].map((dc) => `proxy_for ${dc} 192.0.2.${id}:8888;\n`));
  await writeFile(join(folder, "proxy-multi.conf"), `default 2;\n${lines.join("")}`);
  await writeFile(join(folder, "proxy-secret"), randomBytes(128));
}

function telegramFiles(folder: string): string[] {
  return ["--from-file", join(folder, "proxy-multi.conf"), "--proxy-secret", join(folder, "proxy-secret")];
}
