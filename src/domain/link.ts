import { AppError } from "./errors.ts";
import { parsePort } from "./port.ts";
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

const LINK = /^(?:tg:(?:\/\/)?proxy|(?:https?:\/\/)?(?:t|telegram)\.(?:me|dog)\/proxy)\/?\?(.*)$/is;

/**
 * Reads a link in any of its spellings, blanks and line breaks inside included.
 * @throws AppError invalid
 */
export function parseLink(text: string): Link {
  const match = LINK.exec(text.replace(/\s+/g, "").replace(/&amp;/g, "&"));
  if (match?.[1] === undefined) {
    throw new AppError("invalid", "this is not a proxy link", {
      hint: "a link starts with tg://proxy? or https://t.me/proxy?",
    });
  }
  // A plus is a base64 digit here: nobody writes blanks into these values.
  const values = new URLSearchParams(match[1].replace(/\+/g, "%2B"));
  const part = (name: string): string => {
    const value = values.get(name);
    if (value === null || value === "") throw new AppError("invalid", `the link has no ${name}`);
    return value;
  };
  return {
    server: part("server").replace(/^\[(.*)\]$/, "$1"),
    port: parsePort(part("port")),
    secret: parseSecret(part("secret")),
  };
}

function query({ server, port, secret }: Link): string {
  return `server=${encodeURIComponent(server)}&port=${port}&secret=${revealSecret(secret)}`;
}
