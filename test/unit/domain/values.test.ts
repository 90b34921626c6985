import { describe, expect, it } from "vitest";
import { isIpv4, parseIpv4, parsePublicHost } from "../../../src/domain/address.ts";
import { parseCoverDomain, parseCoverDomainList } from "../../../src/domain/cover-domain.ts";
import { AppError, exitCodes } from "../../../src/domain/errors.ts";
import { parsePort, parsePortRange } from "../../../src/domain/port.ts";
import { findUser, parseUserName } from "../../../src/domain/user.ts";

describe("a user name", () => {
  it.each(["a", "Alice", "0", "x.y_z-9", "a".repeat(32)])("may be %s", (name) => {
    expect(parseUserName(name)).toBe(name);
  });

  it.each(["", ".a", "-a", "_a", "a b", "a/b", "a\n", "ä", "a".repeat(33), "<img onerror=x>", "../x", "a\u0000"])(
    "may not be %j",
    (name) => {
      expect(() => parseUserName(name)).toThrow(/not a user name/);
    },
  );

  it("is found without regard to case", () => {
    expect(findUser([{ name: "Alice" }], "aLICE").name).toBe("Alice");
    expect(() => findUser([{ name: "Alice" }], "bob")).toThrow(AppError);
  });
});

describe("a cover domain", () => {
  it.each([
    ["Google.COM", "google.com"],
    ["example.com.", "example.com"],
    [" a-b.example ", "a-b.example"],
    ["пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("%j is spelt %s", (text, domain) => {
    expect(parseCoverDomain(text)).toBe(domain);
  });

  it.each([
    "",
    "localhost",
    "1.2.3.4",
    "a..b",
    "-a.b",
    "a-.b",
    "https://a.b",
    "a.b:443",
    "a.b/c",
    "a b.c",
    `${"a".repeat(64)}.b`,
    `${"a.".repeat(130)}b`,
    "a_b.c",
    "[::1]",
    "\u202e.example",
    "a.b\nc.d",
    "a.b\tc",
    "goo\u00adgle.com",
    "пример.рф/путь",
    "https://пример.рф",
    "имя@пример.рф",
    "пример.рф:443",
  ])("%j is none", (text) => {
    expect(() => parseCoverDomain(text)).toThrow(AppError);
  });

  it("is read from a list with comments, each once", () => {
    expect(parseCoverDomainList("# first\ngoogle.com\n\n A.example # mine\r\ngoogle.com\n")).toEqual([
      "google.com",
      "a.example",
    ]);
  });
});

describe("ports", () => {
  it("are whole numbers from 1 to 65535", () => {
    expect([parsePort("1"), parsePort("65535")]).toEqual([1, 65535]);
    for (const text of ["0", "65536", "", "1.5", "-1", "1e3", " 1", "99999999999"])
      expect(() => parsePort(text)).toThrow(/not a port/);
  });

  it("come in ranges", () => {
    expect(parsePortRange("8444-8543")).toEqual({ first: 8444, last: 8543 });
    for (const text of ["8444", "2-1", "1-2-3", "a-b", "-"]) expect(() => parsePortRange(text)).toThrow(AppError);
  });
});

describe("addresses", () => {
  it("are told apart from names", () => {
    expect(["1.2.3.4", "255.255.255.255"].every(isIpv4)).toBe(true);
    expect(["1.2.3", "1.2.3.256", "01.2.3.4", "a.b.c.d", ""].some(isIpv4)).toBe(false);
    expect(() => parseIpv4("1.2.3")).toThrow(AppError);
  });

  it.each([
    ["Proxy.Example", "proxy.example"],
    ["203.0.113.7", "203.0.113.7"],
    ["[2001:DB8::7]", "2001:db8::7"],
  ])("%s is a public host", (text, host) => {
    expect(parsePublicHost(text)).toBe(host);
  });

  it.each(["", "localhost", "http://a.b", "a.b:1", "1.2.3", "::g"])("%j is no public host", (text) => {
    expect(() => parsePublicHost(text)).toThrow(/no address/);
  });
});

it("gives every kind of error an exit code of its own", () => {
  expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
});
