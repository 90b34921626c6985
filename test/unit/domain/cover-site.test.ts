import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPage, hasOwnSite, parseSiteServer, readSiteCertificate } from "../../../src/domain/cover-site.ts";
import { PAGE_BYTES } from "../../../src/domain/edge.ts";
import { siteAddress } from "../../../src/domain/site-address.ts";
import { newCertificate } from "../../support/edge/certificate.ts";

test("a certificate with its key is told from one with another's, and says whose it is", async () => {
  const [own, other] = [await newCertificate("www.example.org"), await newCertificate("www.example.net")];
  const [certificate, key, foreign] = await Promise.all(
    [own.certificate, own.key, other.key].map((path) => readFile(path, "utf8")),
  );
  const read = readSiteCertificate(certificate ?? "", key ?? "");
  expect(read.covers("www.example.org")).toBe(true);
  expect(read.covers("www.example.net")).toBe(false);
  expect(read.validTo.getTime()).toBeGreaterThan(Date.now());
  expect(read.pem.match(/-----BEGIN/g)).toHaveLength(2);
  expect(() => readSiteCertificate(certificate ?? "", foreign ?? "")).toThrow("not the one of the certificate");
  expect(() => readSiteCertificate(key ?? "", key ?? "")).toThrow("not one in PEM form");
  expect(() => readSiteCertificate(certificate ?? "", "nonsense")).toThrow("not a private key");
});

test("a server is an IPv4 address with a port", () => {
  expect(parseSiteServer("127.0.0.1:8080")).toEqual({ address: "127.0.0.1", port: 8080 });
  for (const text of ["127.0.0.1", "localhost:80", "127.0.0.1:0", "[::1]:80", ":80", ""])
    expect(() => parseSiteServer(text), text).toThrow();
});

test("a page fits in HAProxy's buffer", () => {
  expect(checkPage("x".repeat(PAGE_BYTES))).toHaveLength(PAGE_BYTES);
  for (const text of ["", "x".repeat(PAGE_BYTES + 1)]) expect(() => checkPage(text)).toThrow("bytes");
});

test("the site's address is the network's first, and in it", () => {
  expect(siteAddress("10.213.4.0/22")).toBe("10.213.4.1");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 63 }), (second, third) => {
      expect(siteAddress(`10.${second}.${third * 4}.0/22`)).toBe(`10.${second}.${third * 4}.1`);
    }),
  );
});

test("only edge routing has a site of its own", () => {
  const page = { kind: "page" as const, certificate: "/c", key: "/k" };
  expect(hasOwnSite({ routing: "edge", coverSite: page })).toBe(true);
  expect(hasOwnSite({ routing: "direct", coverSite: page })).toBe(false);
  expect(hasOwnSite({ routing: "edge" })).toBe(false);
  expect(hasOwnSite({ routing: "edge", coverSite: { kind: "domains" } })).toBe(false);
});
