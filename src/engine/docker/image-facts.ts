/** What docker/probe.sh and the binary itself printed in a throwaway container. */
export interface ImageFacts {
  /** The image has a shell: the script ran. */
  readonly ran: boolean;
  /** Absent when there is none in the image. */
  readonly binary?: string;
  /** Exit code of `--help`; every build of the proxy ends with 2. */
  readonly helpExit?: number;
  readonly version?: string;
  /** ISO 8601 date. */
  readonly compiledAt?: string;
  readonly commit?: string;
  /** Long options that the help lists, without dashes. */
  readonly options: ReadonlySet<string>;
  readonly openFilesLimit: number;
}

/** Docker's own ceiling where a container may open as many as it likes. */
const UNLIMITED = 1_048_576;

/** "mtproxy-0.02 compiled at Nov 21 2026 04:05:42 by gcc 12.2.0 64-bit after commit cafc338…" (mtproto-proxy.c:71, server-functions.c) */
const INVOKED =
  /^(?:.*Invoking engine )?(\S+) compiled at (\w{3} +\d+ \d{4}) [\d:]+ by (?:.* after commit ([0-9a-f]{7,40}))?/m;

export function readImageFacts(lines: readonly string[]): ImageFacts {
  const text = lines.join("\n");
  const said = (what: string): string | undefined => new RegExp(`^probe: ${what} (.*)$`, "m").exec(text)?.[1];
  const [, version, day, commit] = INVOKED.exec(text) ?? [];
  const openFiles = said("open files");
  return {
    ran: openFiles !== undefined,
    ...given("binary", said("binary")),
    ...given("helpExit", number(said("help exit"))),
    ...given("version", version),
    ...given("compiledAt", day === undefined ? undefined : isoDate(day)),
    ...given("commit", commit),
    options: new Set([...text.matchAll(/^\s+--([a-z0-9-]+)/gm)].map((match) => match[1] ?? "")),
    openFilesLimit: Math.min(number(openFiles) ?? UNLIMITED, UNLIMITED),
  };
}

/** "Nov 21 2026", days below ten padded with a blank. */
function isoDate(day: string): string | undefined {
  const time = Date.parse(`${day} UTC`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function given<N extends string, V>(name: N, value: V | undefined): Partial<Record<N, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<N, V>);
}
