import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { tgLink, tmeLink } from "../../../src/domain/link.ts";
import { readPasted } from "../../../src/domain/pasted-text.ts";
import { makeSecret, revealSecret } from "../../../src/domain/secret.ts";
import { numberedKey } from "../../support/domain.ts";

const secret = makeSecret("fake-tls", numberedKey(1), "www.example.com");
const hex = revealSecret(secret);
const link = { server: "proxy.example", port: 8443, secret };
const base64url = Buffer.from(hex, "hex").toString("base64url");

describe("a pasted text", () => {
  it.each([
    ["as it should be", tgLink(link), []],
    ["for the web", tmeLink(link), []],
    ["with base64url", `tg://proxy?server=proxy.example&port=8443&secret=${base64url}`, []],
    ["in quotes", `"${tgLink(link)}".`, ["quotes and brackets around it are left out"]],
    ["in a sentence", `Here you are: ${tgLink(link)}`, ["text before the link is left out"]],
    ["out of a web page", tgLink(link).replaceAll("&", "&amp;"), ["HTML's &amp; is an &"]],
    [
      "with zero-width characters",
      tgLink(link).replace("?", "\u200b?"),
      ["characters that cannot be seen are left out"],
    ],
    ["without its beginning", `?${tgLink(link).split("?")[1]}`, ["tg:// was missing"]],
    ["as a SOCKS link", tgLink(link).replace("proxy?", "socks?"), ["it opens SOCKS proxies, and this is none"]],
    ["over two lines", tgLink(link).replace("&secret", "\n  &secret"), ["characters that cannot be seen are left out"]],
  ])("%s is the link", (_, text, repairs) => {
    const read = readPasted(text);
    expect(read.link && tgLink(read.link)).toBe(tgLink(link));
    expect(read.repairs).toEqual(repairs);
  });

  it.each([hex, hex.toUpperCase(), base64url, Buffer.from(hex, "hex").toString("base64"), ` ${hex}\n`])(
    "that is a secret is read alone: %#",
    (text) => {
      const read = readPasted(text);
      expect([revealSecret(read.secret), read.link]).toEqual([hex, undefined]);
    },
  );

  it("is read or refused with a reason, whatever it is, and never repeated", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => tgLink(link).slice(0, 60) + text),
        ),
        (text) => {
          try {
            readPasted(text);
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
            expect((error as AppError).message).not.toContain(numberedKey(1).reveal().slice(0, 12));
          }
        },
      ),
    );
  });
});
