import type { HostContext } from "../../context.ts";
import { isIpv4, isPrivateIpv4 } from "../../domain/address.ts";
import { AppError } from "../../domain/errors.ts";
import { hostCommands } from "../../domain/host-record.ts";
import { type ClockComparison, compareClocks } from "../doctor/compare-clocks.ts";
import { isOurProgram } from "./host-commands.ts";
import { findVlessStack, type VlessStack } from "./vless-stack.ts";

/** What a setup wants to know of the machine before it asks anything. */
export interface HostFacts {
  /** As the system calls itself: `Debian GNU/Linux 12 (bookworm)`. */
  readonly os: string;
  /** Debian 11–13 or Ubuntu 20.04–26.04. */
  readonly isSupported: boolean;
  /** As Node names it. The C proxy is x64 only. */
  readonly architecture: string;
  readonly isRoot: boolean;
  /** Version; null when it is not installed. */
  readonly docker: string | null;
  /** Version; null when neither `docker compose` nor `docker-compose` works. */
  readonly compose: string | null;
  /** First address that the internet can reach, and who says so. */
  readonly publicAddress: PublicAddress | null;
  /** This machine's own addresses, private ones too. */
  readonly addresses: readonly string[];
  readonly busyPorts: readonly number[];
  readonly ufw: "active" | "inactive" | "missing" | "unknown";
  /** Which of these serve here; each decides what may be installed for it. */
  readonly services: HostServices;
  readonly vlessStack: VlessStack | null;
  /** Commands of our names that are another program's. */
  readonly foreignCommands: readonly ForeignCommand[];
  /** `mtproxy` is what a shell finds, and it is this product. */
  readonly isOnPath: boolean;
  /** Ours beside somebody else's; null when nobody told the time. */
  readonly clock: ClockComparison | null;
}

interface PublicAddress {
  readonly address: string;
  readonly from: "interface" | "cloud metadata" | "outside";
}

export interface HostServices {
  readonly systemd: boolean;
  readonly cron: boolean;
  readonly logrotate: boolean;
  readonly fail2ban: boolean;
}

interface ForeignCommand {
  readonly name: string;
  readonly path: string;
}

interface FactOptions {
  /** Ports that are looked at. */
  readonly ports: readonly number[];
  /** Who is asked for this machine's address when none of its own is public; nobody when empty. */
  readonly lookups?: readonly AddressLookup[];
  /** Whose time is compared with ours; nobody's when empty. */
  readonly clocks?: readonly string[];
}

export interface AddressLookup {
  readonly url: string;
  readonly from: "cloud metadata" | "outside";
}

/** Answer with nothing but the address. The first three only answer inside their clouds, the others tell who asks. */
export const addressLookups: readonly AddressLookup[] = [
  { from: "cloud metadata", url: "http://169.254.169.254/latest/meta-data/public-ipv4" },
  { from: "cloud metadata", url: "http://169.254.169.254/hetzner/v1/metadata/public-ipv4" },
  { from: "cloud metadata", url: "http://169.254.169.254/metadata/v1/interfaces/public/0/ipv4/address" },
  { from: "outside", url: "https://api.ipify.org" },
  { from: "outside", url: "https://ipv4.icanhazip.com" },
];

const LOOKUP_MS = 2_000;
const MAX_ANSWER = 64;

/** Reads only; what cannot be found out is absent from the facts and keeps nobody from a setup. */
export async function readHostFacts(
  ctx: HostContext,
  { ports, lookups = [], clocks = [] }: FactOptions,
): Promise<HostFacts> {
  const { machine, host } = ctx;
  // While everything else is looked at.
  const comparing = compareClocks(ctx, clocks, LOOKUP_MS);
  const [os, docker, compose, addresses, busyPorts, ufw, services, vlessStack, foreignCommands, mtproxy] =
    await Promise.all([
      readOs(ctx),
      versionOf(ctx, ["docker", "--version"]),
      composeVersion(ctx),
      host.addresses(),
      busyOf(ctx, ports),
      readUfw(ctx),
      readServices(ctx),
      findVlessStack(ctx),
      findForeignCommands(ctx),
      machine.findOnPath("mtproxy"),
    ]);
  const found = await publicAddress(ctx, addresses, lookups);
  const compared = await comparing;
  return {
    ...os,
    architecture: machine.architecture,
    isRoot: host.uid === 0,
    docker,
    compose,
    publicAddress: found,
    addresses,
    busyPorts,
    ufw,
    services,
    vlessStack,
    foreignCommands,
    isOnPath: mtproxy[0] !== undefined && (await isOurProgram(machine, mtproxy[0])),
    clock: "clock" in compared ? compared.clock : null,
  };
}

const supported: Readonly<Record<string, readonly [number, number]>> = { debian: [11, 13], ubuntu: [20.04, 26.04] };

async function readOs({ files, machine }: HostContext): Promise<Pick<HostFacts, "os" | "isSupported">> {
  const text = (await files.readText(machine.at("/etc/os-release"))) ?? "";
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  const [oldest = 1, newest = 0] = supported[field("ID")] ?? [];
  const version = Number(field("VERSION_ID"));
  return { os: field("PRETTY_NAME") || "unknown", isSupported: version >= oldest && version <= newest };
}

async function versionOf({ machine }: HostContext, command: readonly string[]): Promise<string | null> {
  const { failed, stdout } = await machine.run(command, { timeoutMs: 10_000 });
  return failed ? null : (/\d+\.\d+[\w.-]*/.exec(stdout)?.[0] ?? null);
}

async function composeVersion(ctx: HostContext): Promise<string | null> {
  return (
    (await versionOf(ctx, ["docker", "compose", "version"])) ?? (await versionOf(ctx, ["docker-compose", "--version"]))
  );
}

async function busyOf({ host }: HostContext, ports: readonly number[]): Promise<number[]> {
  const busy = await Promise.all(
    [...new Set(ports)].map(async (port) => ((await host.isPortFree(port)) ? [] : [port])),
  );
  return busy.flat();
}

/** There is none in another root: rules are the kernel's. */
export async function readUfw({ machine }: HostContext): Promise<HostFacts["ufw"]> {
  if (machine.root !== undefined) return "missing";
  if ((await machine.findOnPath("ufw")).length === 0) return "missing";
  const { failed, stdout } = await machine.run(["ufw", "status"]);
  if (failed) return "unknown";
  return /^Status: active/m.test(stdout) ? "active" : "inactive";
}

export async function readServices({ files, machine }: HostContext): Promise<HostServices> {
  const isThere = async (path: string) => (await files.stat(machine.at(path))) !== undefined;
  /** Packages leave files for these where nothing reads them, too. Another root may get the program later. */
  const isRead = async (folder: string, ...programs: string[]) =>
    (await isThere(folder)) &&
    (machine.root !== undefined || (await Promise.all(programs.map(isThere))).some((program) => program));
  const [systemd, cron, logrotate, fail2ban] = await Promise.all([
    isThere("/run/systemd/system"),
    isRead("/etc/cron.d", "/usr/sbin/cron", "/usr/sbin/crond"),
    isRead("/etc/logrotate.d", "/usr/sbin/logrotate"),
    isThere("/etc/fail2ban/jail.d"),
  ]);
  return { systemd, cron, logrotate, fail2ban };
}

async function findForeignCommands({ machine }: HostContext): Promise<ForeignCommand[]> {
  const found = await Promise.all(
    hostCommands.map(async (name) => {
      const [path] = await machine.findOnPath(name);
      return path === undefined || (await isOurProgram(machine, path)) ? [] : [{ name, path }];
    }),
  );
  return found.flat();
}

/** Its own interfaces know best; behind a NAT a cloud tells its machines, and everybody outside sees where we come from. */
async function publicAddress(
  ctx: HostContext,
  own: readonly string[],
  lookups: readonly AddressLookup[],
): Promise<PublicAddress | null> {
  const address = own.find((it) => !isPrivateIpv4(it));
  if (address !== undefined) return { address, from: "interface" };
  const answers = await Promise.all(lookups.map((lookup) => lookUp(ctx, lookup)));
  return answers.find((answer) => answer !== null) ?? null;
}

async function lookUp({ host }: HostContext, { url, from }: AddressLookup): Promise<PublicAddress | null> {
  try {
    const body = await host.download(url, { maxBytes: MAX_ANSWER, timeoutMs: LOOKUP_MS });
    const address = new TextDecoder().decode(body).trim();
    return isIpv4(address) && !isPrivateIpv4(address) ? { address, from } : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
