import type { Host } from "../ports.ts";

/** The real machine. Each part loads when it is first needed: a list of users needs none of them. */
export function createHost(): Host {
  return {
    isPortFree: async (port) => (await import("./ports.ts")).isPortFree(port),
    addresses: async () => (await import("./addresses.ts")).addresses(),
    resolve4: async (name, timeoutMs) => (await import("./dns.ts")).resolve4(name, { timeoutMs }),
    lookup: async (name, timeoutMs) => (await import("./dns.ts")).nameAddresses(name, { timeoutMs }),
    probeCover: async (site) => (await import("./cover-probe.ts")).probeCover(site),
    download: async (url, options) => (await import("./download.ts")).download(url, options),
    connectErrors: async (endpoints, options) => (await import("./connect.ts")).connectErrors(endpoints, options),
    closingTimes: async (...place) => (await import("./closing-times.ts")).closingTimes(...place),
    freeSpace: async (path) => (await import("./disk.ts")).freeSpace(path),
    load: async () => (await import("./load.ts")).hostLoad(),
    remoteTime: async (url, timeoutMs) => (await import("./remote-clock.ts")).remoteTime(url, timeoutMs),
    notify: async (...message) => (await import("./notify/notify.ts")).notify(...message),
    operator: async () => (await import("./operator.ts")).findOperator(),
    probeLink: async (link, options) => (await import("./link-probe.ts")).probeLink(link, options),
    uid: process.getuid?.() ?? 0,
  };
}
