import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";

/**
 * Names as the proxy resolves them (resolver.c): IPv4 lines of /etc/hosts first, then DNS for names with a dot, IPv4 before IPv6.
 * A DNS server that drops packets costs the resolver's whole patience twice. IPv6 addresses come without brackets.
 */
export class Names {
  #hosts = readHosts();

  reload(): void {
    this.#hosts = readHosts();
  }

  async resolve(name: string): Promise<string | undefined> {
    const bracketed = /^\[(.*)\]$/.exec(name)?.[1];
    if (bracketed !== undefined) return lookUp(bracketed, 6);
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (!/[.:]/.test(name)) return undefined;
    return (await lookUp(name, 4)) ?? lookUp(name, 6);
  }
}

function readHosts(): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const line of hostLines()) {
    const [address = "", ...names] = line
      .replace(/#.*/, "")
      .trim()
      .split(/[ \t]+/);
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) continue;
    for (const name of names) if (!hosts.has(name)) hosts.set(name, address);
  }
  return hosts;
}

function hostLines(): string[] {
  try {
    return readFileSync("/etc/hosts", "utf8").split("\n");
  } catch {
    return [];
  }
}

async function lookUp(name: string, family: 4 | 6): Promise<string | undefined> {
  try {
    return (await lookup(name, { family })).address;
  } catch {
    return undefined;
  }
}
