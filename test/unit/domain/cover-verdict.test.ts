import { describe, expect, it } from "vitest";
import { defaultCoverDomains } from "../../../src/domain/cover-domain.ts";
import type { CoverFacts, CoverProbe, Imitation } from "../../../src/domain/cover-facts.ts";
import { type CoverCheck, judgeCover } from "../../../src/domain/cover-verdict.ts";
import { fameOf } from "../../../src/domain/famous-sites.ts";

const imitation = { ok: true, milliseconds: 40, records: [2600], least: 2600, most: 2600 } satisfies Imitation;
const probe: CoverProbe = { imitation, postQuantum: "refused", certificate: { validTo: "2027-06-01T00:00:00.000Z" } };
const best: CoverFacts = {
  domain: "www.example.org",
  port: 443,
  names: { ipv4: ["203.0.113.7"], ipv6: [] },
  isGiven: false,
  own: ["203.0.113.7"],
  isProxyPort: false,
  probe,
  now: new Date("2026-11-21T00:00:00Z"),
};

/** The check with this id, and the verdict on the whole. */
function judged(id: CoverCheck["id"], change: Partial<CoverFacts>): { whole: string; reason?: string | undefined } {
  const { verdict, checks } = judgeCover({ ...best, ...change });
  return { whole: verdict, reason: checks.find((check) => check.id === id)?.reason };
}

const withProbe = (change: Partial<CoverProbe>): Partial<CoverFacts> => ({ probe: { ...probe, ...change } });
const failing = (fault: (Imitation & { ok: false })["fault"], code?: number): Partial<CoverFacts> =>
  withProbe({ imitation: { ok: false, fault, ...(code === undefined ? {} : { code }) } });

it("a site of one's own that the proxy imitates whole is good in everything", () => {
  const { verdict, checks } = judgeCover(best);
  expect(verdict).toBe("good");
  expect(checks.map(({ id, verdict: one }) => `${id} ${one}`)).toEqual([
    ...["dns good", "handshake good", "records good", "time good", "certificate good"],
    ...["post-quantum good", "address good", "fame good"],
  ]);
});

describe("bad, with its reason, is", () => {
  it.each<[CoverCheck["id"], string, Partial<CoverFacts>]>([
    ["dns", "do not answer", { names: { ipv4: [], ipv6: [], fault: "silent" } }],
    ["dns", "has no address", { names: { ipv4: [], ipv6: [], fault: "unknown-name" } }],
    ["dns", "IPv6 addresses only (2001:db8::1)", { names: { ipv4: [], ipv6: ["2001:db8::1"] } }],
    ["handshake", "nothing listens on 203.0.113.7 port 443", failing("refused-connection")],
    ["handshake", "does not answer in time", failing("silent")],
    ["handshake", "closes the connection", failing("closed")],
    ["handshake", "no way to", failing("no-route")],
    ["handshake", "is not TLS", failing("not-tls")],
    ["handshake", "alert 112): it does not know the name", failing("alert", 112)],
    ["handshake", "alert 80)", failing("alert", 80)],
    ["handshake", "HelloRetryRequest for secp384r1", failing("hello-retry", 0x18)],
    ["handshake", "does not speak TLS 1.3", failing("tls-1.2")],
    ["handshake", "chooses TLS_AES_256_GCM_SHA384", failing("cipher", 0x1302)],
    ["handshake", "another shape", failing("extensions")],
    ["handshake", "no encrypted records", failing("no-records")],
    ["certificate", "shows no certificate", { probe: { imitation, postQuantum: "refused" } }],
    ["certificate", "it is not for www.example.org", certified("ERR_TLS_CERT_ALTNAME_INVALID")],
    ["certificate", "it ended on 2027-06-01", certified("CERT_HAS_EXPIRED")],
    ["certificate", "it is self-signed", certified("DEPTH_ZERO_SELF_SIGNED_CERT")],
    ["certificate", "SOMETHING_NEW", certified("SOMETHING_NEW")],
    ["address", "in a circle", { isProxyPort: true }],
    ["fame", "is blocked in several countries", { domain: "www.instagram.com" }],
  ])("%s: %s", (id, words, change) => {
    expect(judged(id, change)).toEqual({ whole: "bad", reason: expect.stringContaining(words) });
  });
});

describe("usable, with its reason, is", () => {
  it.each<[CoverCheck["id"], string, Partial<CoverFacts>]>([
    ["records", "4 encrypted records (27 + 900 + 280 + 69 bytes)", sized([27, 900, 280, 69], 27, 27)],
    ["records", "2500 to 2600 bytes", sized([2500], 2500, 2600)],
    ["time", "took 2500 ms", withProbe({ imitation: { ...imitation, milliseconds: 2500 } })],
    ["certificate", "ends on 2026-11-30", withProbe({ certificate: { validTo: "2026-11-30T00:00:00.000Z" } })],
    ["post-quantum", "takes X25519MLKEM768", withProbe({ postQuantum: "accepted" })],
    ["address", "is another server", { own: ["203.0.113.8"] }],
    ["address", "and others", { names: { ipv4: ["203.0.113.7", "203.0.113.9"], ipv6: [] } }],
    ["fame", "from its own network", { domain: "maps.google.com" }],
  ])("%s: %s", (id, words, change) => {
    expect(judged(id, change)).toEqual({ whole: "usable", reason: expect.stringContaining(words) });
  });
});

it("sizes as far apart as signatures vary are one pattern", () => {
  expect(judged("records", sized([2600], 2598, 2601)).whole).toBe("good");
});

it("what was not found out is not judged", () => {
  expect(judged("post-quantum", withProbe({ postQuantum: "unknown" }))).toEqual({ whole: "good" });
});

describe("a famous name", () => {
  it("is every one of the list that a home starts with: they are an easy start, not the best cover", () => {
    for (const domain of defaultCoverDomains) expect([domain, fameOf(domain)?.kind]).toEqual([domain, "elsewhere"]);
  });

  it("is known by itself and by names below it, not by names that end alike", () => {
    expect(fameOf("t.me")?.kind).toBe("blocked");
    expect(fameOf("web.telegram.org")?.kind).toBe("blocked");
    expect(fameOf("notgoogle.com")).toBeUndefined();
    expect(fameOf("google.com.example.org")).toBeUndefined();
  });
});

function sized(records: readonly number[], least: number, most: number): Partial<CoverFacts> {
  return withProbe({ imitation: { ...imitation, records, least, most } });
}

function certified(fault: string): Partial<CoverFacts> {
  return withProbe({ certificate: { validTo: "2027-06-01T00:00:00.000Z", fault } });
}
