import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { formatEndpoint, parseEndpoint, plainAddress } from "../../../../src/engine/trial/endpoint.ts";

describe("parseEndpoint", () => {
  it.each([
    ["149.154.167.51:443", { host: "149.154.167.51", port: 443 }],
    ["dc.example:1", { host: "dc.example", port: 1 }],
    ["[2001:db8::1]:443", { host: "2001:db8::1", port: 443 }],
  ])("reads %s", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(endpoint)).toBe(text);
  });

  it.each([
    "",
    "host",
    ":443",
    "host:",
    "host:0",
    "host:65536",
    "2001:db8::1:443",
    "a b:443",
    "[host]:443",
    "http://a:443",
  ])('refuses "%s"', (text) => {
    expect(() => parseEndpoint(text)).toThrow(AppError);
  });

  it("reads what it writes", () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        expect(parseEndpoint(formatEndpoint({ host: name, port }))).toEqual({ host: name, port });
      }),
    );
  });

  it("throws nothing but an error of its own", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseEndpoint(text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});

describe("plainAddress", () => {
  it("takes IPv4 out of the IPv6 form that a dual-stack socket shows, and nothing else", () => {
    expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(plainAddress("192.0.2.1")).toBe("192.0.2.1");
    expect(plainAddress("::ffff:0:1")).toBe("::ffff:0:1");
  });
});
