import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { type Link, parseLink, tgLink, tmeLink } from "../../../src/domain/link.ts";
import { makeSecret, revealSecret } from "../../../src/domain/secret.ts";
import { numberedKey } from "../../support/domain.ts";

const secret = makeSecret("fake-tls", numberedKey(1), "a.example");
const link: Link = { server: "proxy.example", port: 8443, secret };
const hex = revealSecret(secret);
const base64 = Buffer.from(hex, "hex").toString("base64");

describe("a link", () => {
  it("prints both ways", () => {
    expect(tgLink(link)).toBe(`tg://proxy?server=proxy.example&port=8443&secret=${hex}`);
    expect(tmeLink(link)).toBe(`https://t.me/proxy?server=proxy.example&port=8443&secret=${hex}`);
  });

  it.each([
    ["tg", tgLink(link)],
    ["t.me", tmeLink(link)],
    ["t.me without scheme", tmeLink(link).replace("https://", "")],
    ["telegram.me", tmeLink(link).replace("t.me", "telegram.me")],
    ["upper case", tgLink(link).replace("tg://proxy", "TG://PROXY")],
    ["broken over lines", tgLink(link).replace("&", "\n &")],
    ["escaped for HTML", tgLink(link).replaceAll("&", "&amp;")],
    ["parameters in another order", `tg://proxy?secret=${hex}&port=8443&server=proxy.example`],
    ["base64 with plus and slash", `tg://proxy?server=proxy.example&port=8443&secret=${base64}`],
    ["base64, escaped", `tg://proxy?server=proxy.example&port=8443&secret=${encodeURIComponent(base64)}`],
  ])("reads %s", (_, text) => {
    expect(tgLink(parseLink(text))).toBe(tgLink(link));
  });

  it("writes an IPv6 server so that it reads back", () => {
    const six = { ...link, server: "2001:db8::7" };
    expect(parseLink(tgLink(six)).server).toBe("2001:db8::7");
    expect(parseLink(`tg://proxy?server=[2001:db8::7]&port=1&secret=${hex}`).server).toBe("2001:db8::7");
  });

  it.each([
    ["https://example.com/?server=a&port=1&secret=00", /not a proxy link/],
    [`tg://proxy?port=1&secret=${hex}`, /no server/],
    [`tg://proxy?server=a.b&port=0&secret=${hex}`, /not a port/],
    ["tg://proxy?server=a.b&port=1", /no secret/],
  ])("refuses %s", (text, reason) => {
    expect(() => parseLink(text)).toThrow(reason);
  });

  it("answers garbage with an error of its own", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseLink(`tg://proxy?server=a.b&port=1&secret=${text}`) && parseLink(text)).toThrow(AppError);
      }),
    );
  });
});
