/**
 * One line of HAProxy's log for each connection that ended: `mtproxy` and `name=value` fields, `-` for nothing. Whoever adds one adds
 * it at the end.
 */
export const recordFormat = [
  "mtproxy",
  "id=%ID",
  "at=%Ts",
  "from=%ci",
  "user=%[var(sess.mtp.user)]",
  "why=%[var(sess.mtp.why)]",
  "verdict=%[var(sess.verdict)]",
  "server=%b/%s",
  "in=%U",
  "out=%B",
  "ms=%Tt",
  "end=%ts",
  "worker=%[var(proc.worker)]",
  "hello=%[var(sess.hello)]",
].join(" ");

/** A connection that ended. */
export interface ConnectionRecord {
  /** No other record has it. */
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Address of the client. */
  readonly from: string;
  /** Whose key it came with, as far as an agent knew. */
  readonly user?: string;
  /** Why it was let in or not; see edge/identify/verdict.ts. */
  readonly why?: string;
  /** `ok`, `stranger`, `source`, `open`, `replayed`, `connections`, `addresses`. */
  readonly verdict?: string;
  /** The server entry of whoever got in with a known key. */
  readonly server?: string;
  /** From the client, and to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** HAProxy's two letters for how it ended. */
  readonly end?: string;
  /** Mark of HAProxy's worker that had it. */
  readonly worker?: string;
  /** Bytes of the ClientHello of whoever was let in with one. */
  readonly hello?: number;
}

const USERS = "users/";

/** Undefined for a line that is no record: HAProxy has words of its own. */
export function parseRecord(line: string): ConnectionRecord | undefined {
  const [first, ...words] = line.trimEnd().split(" ");
  if (first !== "mtproxy") return undefined;
  const fields = new Map(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
  const text = (name: string) => (fields.get(name) === "-" ? undefined : fields.get(name) || undefined);
  const [id, from, server] = [text("id"), text("from"), text("server")];
  const [at, bytesIn, bytesOut, ms] = ["at", "in", "out", "ms"].map((name) => wholeNumber(fields.get(name)));
  if (id === undefined || from === undefined || at === undefined) return undefined;
  if (bytesIn === undefined || bytesOut === undefined || ms === undefined) return undefined;
  return {
    id,
    from,
    startedAt: new Date(at * 1000),
    endedAt: new Date(at * 1000 + ms),
    bytesIn,
    bytesOut,
    ...optional("user", text("user")),
    ...optional("why", text("why")),
    ...optional("verdict", text("verdict")),
    ...optional("server", server?.startsWith(USERS) === true ? server.slice(USERS.length) : undefined),
    ...optional("end", text("end")),
    ...optional("worker", text("worker")),
    ...optional("hello", wholeNumber(fields.get("hello"))),
  };
}

function optional<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: T };
}

/** HAProxy writes `+` before a number that it does not know to its end. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\+?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
