import { AppError } from "./errors.ts";
import { countTargets, type ProxyMultiConf, parseProxyMultiConf } from "./proxy-multi-conf.ts";

/** Telegram has five datacenters, each with a media twin; a file that was cut off misses some of them. */
const DATACENTERS = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5] as const;

/**
 * Why a new proxy-multi.conf must not replace the one in use; empty when it may. Besides what the C proxy refuses, this
 * finds what it takes silently although people would be cut off: datacenters that are gone, a default that leads nowhere.
 * @param previous the file in use, one character a byte; one that does not parse counts as none
 * @param mayShrink somebody has looked at it: Telegram itself may give a datacenter up one day
 */
export function checkReplacement(previous: string | undefined, next: string, mayShrink = false): string[] {
  const conf = tryParse(next);
  if (conf instanceof AppError) return [conf.message];
  if (mayShrink) return checkDefault(conf);
  const before = previous === undefined ? undefined : tryParse(previous);
  return [...checkDefault(conf), ...(before instanceof AppError ? checkSize(conf) : checkSize(conf, before))];
}

/** Why these bytes cannot be Telegram's proxy-secret; empty when they can. The C proxy takes any 32 to 256 bytes. */
export function checkProxySecret(bytes: Uint8Array): string[] {
  if (bytes.length < 32 || bytes.length > 256) {
    return [`proxy-secret is 32 to 256 bytes, this has ${bytes.length}`];
  }
  // Telegram's holds random bytes: a proxy's or a captive portal's answer is text.
  const isText = bytes.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d,
  );
  return isText ? ["proxy-secret is random bytes, this is text"] : [];
}

function tryParse(text: string): ProxyMultiConf | AppError {
  try {
    return parseProxyMultiConf(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** Clients of a datacenter that is not listed get the default's targets; without those their queries are dropped silently. */
function checkDefault({ defaultDatacenter, datacenters }: ProxyMultiConf): string[] {
  if (datacenters.has(defaultDatacenter)) return [];
  if (defaultDatacenter === 0) return ["it names no default datacenter"];
  return [`its default datacenter ${defaultDatacenter} is not listed`];
}

function checkSize(next: ProxyMultiConf, before?: ProxyMultiConf): string[] {
  const expected = new Set([...DATACENTERS, ...(before?.datacenters.keys() ?? [])]);
  const lost = [...expected].filter((datacenter) => !next.datacenters.has(datacenter));
  if (lost.length === 1) return [`datacenter ${lost[0]} is missing`];
  if (lost.length > 1) return [`datacenters ${lost.join(", ")} are missing`];
  const [targets, had] = [countTargets(next), before === undefined ? 0 : countTargets(before)];
  return 2 * targets < had ? [`it lists ${targets} proxies, the one in use ${had}`] : [];
}
