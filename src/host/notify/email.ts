import type { EmailChannel } from "../../domain/numbers/alerts/channel.ts";
import type { AlertDispatch } from "../../domain/numbers/alerts/dispatch.ts";
import { runWithInput } from "./run-with-input.ts";

const TIMEOUT_MS = 60_000;

/** Hands a mail to the machine's sendmail, which keeps it until it is delivered. */
export async function sendMail({ sendmail, to, from }: EmailChannel, dispatch: AlertDispatch): Promise<void> {
  // -i: a line with a dot alone does not end it. Addresses are checked when they are set, and -- ends the options.
  const words = [sendmail, "-i", ...(from === undefined ? [] : ["-f", from]), "--", ...to];
  await runWithInput(words, mailText(dispatch, to, from ?? "root"), TIMEOUT_MS);
}

/** As RFC 5322 has it, with UTF-8 packed (RFC 2047, 2045): nothing in it is more than 76 characters in a line, or another header. */
export function mailText({ id, at, title, lines }: AlertDispatch, to: readonly string[], from: string): string {
  const body = Buffer.from(`${lines.join("\n")}\n`).toString("base64");
  return [
    `From: ${from}`,
    `To: ${to.join(",\n ")}`,
    `Subject: ${encodedWords(title)}`,
    `Date: ${new Date(at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}@mtproxy.invalid>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    ...(body.match(/.{1,76}/g) ?? []),
    "",
  ].join("\n");
}

/** They make 48 of base64: with what is around them, and the header's name before the first, no line is too long. */
const WORD_BYTES = 36;

function encodedWords(text: string): string {
  const words: string[] = [];
  let word = "";
  for (const character of text) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  return [...words, word].map((it) => `=?utf-8?B?${Buffer.from(it).toString("base64")}?=`).join("\n ");
}
