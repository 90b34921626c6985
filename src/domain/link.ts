import { AppError } from "./errors.ts";
import { parsePort } from "./port.ts";
import { withoutDigits } from "./printable.ts";
import { parseSecret, revealSecret, type Secret } from "./secret.ts";

/** Where a client connects and with which secret. */
export interface Link {
  /** Host name or address, as it stands in the link; IPv6 without brackets. */
  readonly server: string;
  readonly port: number;
  readonly secret: Secret;
}

/** `tg://proxy?…`, which opens the app without a web page: the one to hand out where t.me is blocked. Holds the key. */
export function tgLink(link: Link): string {
  return `tg://proxy?${query(link)}`;
}

/** `https://t.me/proxy?…`, for places that only make web links clickable. Holds the key. */
export function tmeLink(link: Link): string {
  return `https://t.me/proxy?${query(link)}`;
}

/** Whoever types one of these means no user: no name has them, every link does. */
const NOT_IN_A_NAME = /[:/?=&]/;
const LINK = /^(?:tg:(?:\/\/)?proxy|(?:https?:\/\/)?(?:t|telegram)\.(?:me|dog)\/proxy)\/?\?(.*)$/is;

/** Whether a text is meant as a link, a mistyped one too. */
export function isMeantAsLink(text: string): boolean {
  return NOT_IN_A_NAME.test(text);
}

/**
 * Reads a link in any of its spellings, blanks and line breaks inside included.
 * @throws AppError invalid that names the part which is wrong and repeats nothing of its secret
 */
export function parseLink(text: string): Link {
  const match = LINK.exec(text.replace(/\s+/g, "").replace(/&amp;/g, "&"));
  if (match?.[1] === undefined) throw notALink(text);
  // A plus is a base64 digit here: nobody writes blanks into these values.
  const values = new URLSearchParams(match[1].replace(/\+/g, "%2B"));
  const missing = ["server", "port", "secret"].filter((name) => !values.get(name));
  if (missing.length > 0) throw new AppError("invalid", `the link has no ${missing.join(" and no ")}`, WHOLE);
  return {
    server: part(values, "server", parseServer),
    port: part(values, "port", parsePort),
    secret: part(values, "secret", parseSecret),
  };
}

const WHOLE = { hint: "a whole link is tg://proxy?server=…&port=…&secret=…, in quotes in a shell" };

function notALink(text: string): AppError {
  const leadsElsewhere = /^\s*https?:/i.test(text) && !/^\s*https?:\/\/(?:t|telegram)\.(?:me|dog)\//i.test(text);
  const why = leadsElsewhere ? "it leads to another site than t.me" : "it does not begin as one";
  return new AppError("invalid", `this is not a proxy link: ${why}`, {
    hint: "a link starts with tg://proxy? or https://t.me/proxy?",
  });
}

function part<T>(values: URLSearchParams, name: string, parse: (text: string) => T): T {
  try {
    return parse(values.get(name) ?? "");
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.kind, `the ${name} in the link is wrong: ${error.message}`, {
      hint: error.hint ?? WHOLE.hint,
      cause: error,
    });
  }
}

/** Loose: the name server knows best what names there are. A secret in its place is none: names that long have dots. */
function parseServer(text: string): string {
  const server = text.replace(/^\[(.*)\]$/, "$1");
  const isHost = /^[^\s/:?#@=&]+$/.test(server) || /^[\da-f:.]*:[\da-f:.]*$/i.test(server);
  if (isHost && (server.includes(".") || withoutDigits(server) === server)) return server;
  throw new AppError("invalid", "it is neither a host name nor an address");
}

function query({ server, port, secret }: Link): string {
  return `server=${encodeURIComponent(server)}&port=${port}&secret=${revealSecret(secret)}`;
}
