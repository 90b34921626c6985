import { AppError } from "./errors.ts";
import { isMeantAsLink, type Link, parseLink } from "./link.ts";
import { parseSecret, type Secret } from "./secret.ts";

/** What somebody pasted: a whole link, or a secret alone. */
interface Pasted {
  readonly secret: Secret;
  readonly link?: Link;
  /** What was put right, a sentence each. */
  readonly repairs: readonly string[];
}

interface Repair {
  readonly says: string;
  readonly from: RegExp;
  readonly to: string;
}

/** What messengers, mail programs and hands do to a link on its way. */
const REPAIRS: readonly Repair[] = [
  { says: "characters that cannot be seen are left out", from: /[\p{Cf}\p{Cc}]+/gu, to: "" },
  {
    says: "quotes and brackets around it are left out",
    from: /^[\s"'`“”„«»‘’<(]+|[\s"'`“”„«»‘’>).,;!]+$/gu,
    to: "",
  },
  {
    says: "text before the link is left out",
    from: /^.+?(?=(?:tg:(?:\/\/)?proxy|https?:\/\/t(?:elegram)?\.me\/proxy)\?)/isu,
    to: "",
  },
  { says: "HTML's &amp; is an &", from: /&amp;/gi, to: "&" },
  { says: "percent signs were encoded twice", from: /%25/g, to: "%" },
  { says: "tg:// was missing", from: /^(?=(?:proxy)?\?server=)(?:proxy)?\?/i, to: "tg://proxy?" },
  { says: "it opens SOCKS proxies, and this is none", from: /(^tg:\/\/|\/)socks(?=\?.*secret=)/i, to: "$1proxy" },
];

/**
 * Reads whatever may be a link or a secret, in every spelling, and puts right what was spoilt on the way.
 * @throws AppError invalid, saying what is wrong without repeating what may be a key
 */
export function readPasted(text: string): Pasted {
  const repairs: string[] = [];
  let repaired = text;
  for (const { says, from, to } of REPAIRS) {
    const next = repaired.replace(from, to);
    if (next !== repaired && next.trim() !== repaired.trim()) repairs.push(says);
    repaired = next;
  }
  if (repaired.trim() === "") throw new AppError("invalid", "there is nothing to decode");
  if (!isMeantAsLink(repaired.replace(/[/=]+/g, ""))) return { secret: parseSecret(repaired), repairs };
  const link = parseLink(repaired);
  return { secret: link.secret, link, repairs };
}
