import type { DecodedLink, KnownHolder } from "../app/people/decode-link.ts";
import type { Style } from "../commands/command.ts";
import { modeNames } from "./user-views.ts";

export function decodedLinkView(decoded: DecodedLink, style: Style): string {
  const { kind, mode, domain, secret, server, port, link, tmeLink, repairs, holders, advice } = decoded;
  return [
    style.bold(kind === "link" ? "A link to a Telegram proxy" : "The secret of a Telegram proxy"),
    ...repairs.map((repair) => `${style.warning("!")} ${repair}`),
    `Mode:   ${modeNames[mode]}${domain === null ? "" : ` as ${domain}`}`,
    ...(server === null ? [] : [`Server: ${server} port ${port}`]),
    `Secret: ${secret}`,
    ...(link === null ? [] : [`Link:   ${link}`, `        ${tmeLink}`]),
    ...(holders.length === 0 ? ["Whose:  nobody's here"] : holders.map((holder) => `Whose:  ${holderWords(holder)}`)),
    "",
    ...advice.map((sentence) => `• ${sentence}`),
  ].join("\n");
}

function holderWords({ username, sharedSecret, enabled, current }: KnownHolder): string {
  const off = username === null ? "not active" : "disabled";
  const notes = [...(enabled ? [] : [off]), ...(current ? [] : ["outdated"])];
  return `${username ?? `shared secret ${sharedSecret}`}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}
