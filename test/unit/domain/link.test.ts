import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { isMeantAsLink, type Link, parseLink, tgLink, tmeLink } from "../../../src/domain/link.ts";
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

  it.each([
    ["another scheme", tgLink(link).replace("tg:", "tgs:"), /does not begin as one/],
    ["another word", tgLink(link).replace("proxy?", "prxy?"), /does not begin as one/],
    ["another site", tmeLink(link).replace("t.me", "example.org"), /another site than t\.me/],
    ["several parts missing", "tg://proxy?server=proxy.example", /no port and no secret/],
    [
      "server and secret changed over",
      `tg://proxy?server=${hex}&port=1&secret=proxy.example`,
      /the server in the link/,
    ],
    ["port and secret changed over", `tg://proxy?server=a.b&port=${hex}&secret=8443`, /the port in the link/],
    ["a digit lost", `tg://proxy?server=a.b&port=1&secret=${hex.slice(0, 33)}`, /the secret in the link/],
    [
      "its key twice",
      `tg://proxy?server=a.b&port=1&secret=${hex.slice(0, 34)}${hex.slice(2)}`,
      /the secret in the link/,
    ],
    ["dots for the secret", "tg://proxy?server=a.b&port=1&secret=…", /the secret in the link/],
  ])("with %s is told as such, and no digits are repeated", (_, text, reason) => {
    expect(isMeantAsLink(text)).toBe(true);
    const said = errorOf(() => parseLink(text));
    expect(said).toMatch(reason);
    expect(said).not.toMatch(/[0-9a-f]{12}|\x00\x00\x00/i);
  });

  it.each(["bob", "Bob.2", "a-b_c", "0"])("is not meant by the name %s", (name) => {
    expect(isMeantAsLink(name)).toBe(false);
  });

  it("answers garbage with an error of its own", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseLink(`tg://proxy?server=a.b&port=1&secret=${text}`) && parseLink(text)).toThrow(AppError);
      }),
    );
  });
});

function errorOf(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return error instanceof AppError ? `${error.message} ${error.hint}` : `not ours: ${error}`;
  }
}
