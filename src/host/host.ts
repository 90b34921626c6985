import type { Host } from "../context.ts";
import { addresses } from "./addresses.ts";
import { resolve4 } from "./dns.ts";
import { isPortFree } from "./ports.ts";

/** The real machine. What is heavy or rare loads when it is first needed. */
export function createHost(): Host {
  return {
    isPortFree,
    addresses,
    resolve4: (name, timeoutMs) => resolve4(name, { timeoutMs }),
    download: async (url, options) => (await import("./download.ts")).download(url, options),
    probeLink: async (link, options) => (await import("./link-probe.ts")).probeLink(link, options),
    uid: process.getuid?.() ?? 0,
  };
}
