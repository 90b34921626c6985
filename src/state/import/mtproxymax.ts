import { readVariables, variable } from "./shell-variables.ts";
import {
  bareKey,
  type Candidate,
  chosenMode,
  domainTextOf,
  endOf,
  type ImportFormat,
  notTaken,
  portOf,
  sortOut,
  tagOf,
  textOf,
  timeOf,
} from "./source.ts";

const SETTINGS = "settings.conf";
const LINE = /^[A-Za-z0-9_-]+\|[0-9a-fA-F]{32}(?:\||$)/;
const DEFAULT_DOMAIN = "cloudflare.com";

/**
 * MTProxyMax's secrets.conf: `LABEL|SECRET|CREATED_TS|ENABLED|MAX_CONNS|MAX_IPS|QUOTA_BYTES|EXPIRES|NOTES|AD_TAG`. The domain, the
 * port and the tag are in settings.conf beside it; its links are fake-TLS ones, padded ones where masking is off.
 */
export const mtproxymax: ImportFormat = {
  title: "MTProxyMax",
  companions: [SETTINGS],
  matches: ({ text }) => linesOf(text).some((line) => line.includes("|") && LINE.test(line)),
  read: ({ text, beside, mode: wanted }) => {
    const settings = readVariables(beside[SETTINGS] ?? "");
    const served = variable(settings, "MASKING_ENABLED") === "false" ? (["padded"] as const) : (["fake-tls"] as const);
    const mode = chosenMode(served, wanted);
    // Several domains are one list; links name the first.
    const [domain] = (variable(settings, "PROXY_DOMAIN") ?? DEFAULT_DOMAIN).split(",").map((name) => name.trim());
    const port = portOf(variable(settings, "PROXY_PORT"));
    const publicHost = variable(settings, "CUSTOM_IP");
    const rows = linesOf(text).map((line) => line.split("|"));
    const candidates = rows.map(
      ([name = "", key, created, enabled, , , , expires, note]): Candidate => ({
        what: name,
        name,
        enabled: enabled !== "false",
        createdAt: timeOf(created),
        expiresAt: endOf(expires),
        note: textOf(note?.trim()),
        port,
        server: publicHost,
        read: () => bareKey(key, mode, mode === "fake-tls" ? domainTextOf(domain) : undefined),
      }),
    );
    return {
      ...sortOut(candidates),
      settings: { port, publicHost, tag: tagOf(variable(settings, "AD_TAG")) },
      notes: notesOf(rows, beside[SETTINGS] === undefined),
    };
  },
};

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
}

function notesOf(rows: readonly string[][], isAlone: boolean): string[] {
  const count = (has: (row: readonly string[]) => boolean) => rows.filter(has).length;
  const isSet = (value: string | undefined) => value !== undefined && value !== "" && value !== "0";
  const limited = count((row) => row.slice(4, 7).some(isSet));
  const tagged = count((row) => isSet(row[9]?.trim()));
  return [
    ...(isAlone
      ? [`no ${SETTINGS} lies beside it: links are taken as fake-TLS as ${DEFAULT_DOMAIN}, its default`]
      : []),
    ...notTaken("limits", limited),
    ...notTaken("tags of their own", tagged),
  ];
}
