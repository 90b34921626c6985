import type { LookupAddress } from "node:dns";
import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIP, type LookupFunction } from "node:net";
import type { NameAddresses } from "../domain/cover-facts.ts";

interface DnsOptions {
  /** 3 s. */
  readonly timeoutMs?: number | undefined;
  /** `ADDRESS` or `ADDRESS:PORT`; those of the host when absent. */
  readonly servers?: readonly string[];
  /** /etc/hosts. */
  readonly hostsFile?: string;
}

const TIMEOUT_MS = 3000;

/** Nobody answered: time ran out for us, for the resolver, or nothing listens at the server's port. */
const SILENT = new Set(["ECANCELLED", "ETIMEOUT", "ECONNREFUSED"]);

/** IPv4 address of a name; undefined when it has none or DNS does not answer in time. */
export async function resolve4(name: string, options: DnsOptions = {}): Promise<string | undefined> {
  return (await resolve(name, 4, options).catch(() => []))[0];
}

/**
 * All addresses of a name, IPv4 first. Not getaddrinfo(3): that cannot be given up, and with a dead DNS server it keeps the process
 * from ending for as long as resolv.conf says.
 * @throws Error with `code`, for instance ENOTFOUND, or ETIMEOUT when time ran out
 */
export async function lookupAll(name: string, options: DnsOptions = {}): Promise<LookupAddress[]> {
  const [four, six] = await Promise.allSettled([resolve(name, 4, options), resolve(name, 6, options)]);
  const found = [...entriesOf(four, 4), ...entriesOf(six, 6)];
  if (found.length > 0) return found;
  throw four.status === "rejected" ? four.reason : noAddress(name);
}

/** Both kinds of addresses, or why there are none; never throws for what a name server does. */
export async function nameAddresses(name: string, options: DnsOptions = {}): Promise<NameAddresses> {
  try {
    const found = await lookupAll(name, options);
    const of = (wanted: 4 | 6) => found.filter(({ family }) => family === wanted).map(({ address }) => address);
    return { ipv4: of(4), ipv6: of(6) };
  } catch (error) {
    const isSilent = error instanceof Error && "code" in error && error.code === "ETIMEOUT";
    return { ipv4: [], ipv6: [], fault: isSilent ? "silent" : "unknown-name" };
  }
}

/** `lookupAll` in the shape that sockets take. */
export function socketLookup(options: DnsOptions): LookupFunction {
  return (name, { all, family }, callback) => {
    lookupAll(name, options).then(
      (found) => {
        const fitting = found.filter((entry) => !family || entry.family === Number(String(family).replace("IPv", "")));
        const [first] = fitting;
        if (first === undefined) callback(noAddress(name), "", 0);
        else if (all === true) callback(null, fitting);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}

function entriesOf(result: PromiseSettledResult<string[]>, family: number): LookupAddress[] {
  return result.status === "fulfilled" ? result.value.map((address) => ({ address, family })) : [];
}

async function resolve(name: string, family: 4 | 6, options: DnsOptions): Promise<string[]> {
  if (isIP(name) !== 0) return isIP(name) === family ? [name] : [];
  const listed = hostsEntries(await readFile(options.hostsFile ?? "/etc/hosts", "utf8").catch(() => ""), name);
  if (listed.length > 0) return listed.filter((address) => isIP(address) === family);
  return ask(name, family, options);
}

/** Addresses that a hosts file gives a name, whatever its case. */
export function hostsEntries(text: string, name: string): string[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  const rows = text.split("\n").map((row) => row.replace(/#.*/, "").trim().split(/\s+/));
  return rows.flatMap(([address = "", ...names]) =>
    isIP(address) !== 0 && names.some((entry) => entry.toLowerCase() === wanted) ? [address] : [],
  );
}

async function ask(name: string, family: 4 | 6, { timeoutMs = TIMEOUT_MS, servers }: DnsOptions): Promise<string[]> {
  const resolver = makeResolver(timeoutMs, servers);
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return await (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENODATA") return [];
    throw SILENT.has(code ?? "") ? coded("ETIMEOUT", `DNS does not answer for ${name}`) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Every server gets a turn before time runs out. */
function makeResolver(timeoutMs: number, servers: readonly string[] | undefined): Resolver {
  const count = servers?.length ?? new Resolver().getServers().length;
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / (count + 1)), tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  return resolver;
}

function noAddress(name: string): NodeJS.ErrnoException {
  return coded("ENOTFOUND", `${name} has no address`);
}

function coded(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
