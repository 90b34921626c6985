import type { Certificate, CoverFacts, Imitation } from "./cover-facts.ts";
import { fameOf } from "./famous-sites.ts";

/** `good`: nothing to be told by. `usable`: links work, and somebody who looks closely can tell. `bad`: do not take it. */
export type CoverVerdict = "good" | "usable" | "bad";

export interface CoverCheck {
  readonly id: "dns" | "handshake" | "records" | "time" | "certificate" | "post-quantum" | "address" | "fame";
  readonly verdict: CoverVerdict;
  /** A sentence. */
  readonly reason: string;
}

export interface JudgedCover {
  readonly verdict: CoverVerdict;
  readonly checks: readonly CoverCheck[];
}

/** What each fact means for a cover; the whole is as good as its worst part. */
export function judgeCover(facts: CoverFacts): JudgedCover {
  const checks = [
    dnsCheck(facts),
    ...(facts.probe === undefined ? [] : siteChecks(facts, facts.probe)),
    ...(facts.names.ipv4.length === 0 ? [] : [addressCheck(facts)]),
    fameCheck(facts.domain),
  ];
  const worst = (["bad", "usable"] as const).find((verdict) => checks.some((check) => check.verdict === verdict));
  return { verdict: worst ?? "good", checks };
}

function dnsCheck({ names: { ipv4, ipv6, fault }, isGiven, domain }: CoverFacts): CoverCheck {
  const check = (verdict: CoverVerdict, reason: string): CoverCheck => ({ id: "dns", verdict, reason });
  if (isGiven) return check("good", `not asked: ${ipv4.join(", ")} was given`);
  if (ipv4.length > 0) return check("good", `${domain} is at ${ipv4.join(", ")}`);
  if (fault === "silent") return check("bad", "the name servers of this host do not answer");
  if (ipv6.length > 0)
    return check("bad", `${domain} has IPv6 addresses only (${ipv6.join(", ")}), and the proxy is given IPv4 ones`);
  return check("bad", `${domain} has no address`);
}

function siteChecks(facts: CoverFacts, probe: NonNullable<CoverFacts["probe"]>): CoverCheck[] {
  const { imitation, certificate, postQuantum } = probe;
  return [
    handshakeCheck(facts, imitation),
    ...(imitation.ok ? [recordsCheck(imitation), timeCheck(imitation)] : []),
    certificateCheck(facts, certificate),
    ...(postQuantum === "unknown" ? [] : [postQuantumCheck(postQuantum)]),
  ];
}

function handshakeCheck({ port, names }: CoverFacts, imitation: Imitation): CoverCheck {
  if (imitation.ok)
    return {
      id: "handshake",
      verdict: "good",
      reason: "TLS 1.3 with TLS_AES_128_GCM_SHA256 and x25519 at once, as the proxy imitates it",
    };
  return { id: "handshake", verdict: "bad", reason: handshakeFault(imitation, `${names.ipv4[0]} port ${port}`) };
}

/** The words are what an admin can act on; the proxy's own are "Failed to parse upstream TLS response" for most of them. */
function handshakeFault({ fault, code }: Imitation & { readonly ok: false }, where: string): string {
  const faults: Readonly<Record<typeof fault, string>> = {
    "refused-connection": `nothing listens on ${where}`,
    "no-route": `there is no way to ${where}`,
    silent: `${where} does not answer in time: each start of the proxy waits 5 s for it`,
    closed: `${where} closes the connection when it gets a hello with this name`,
    "not-tls": `what answers on ${where} is not TLS`,
    alert: `the site refuses the hello (TLS alert ${code})${ALERTS.get(code ?? 0) ?? ""}`,
    "hello-retry": `the site asks for another key exchange than x25519 (HelloRetryRequest${groupName(code)}): the proxy cannot imitate that, and waits 5 s for it at each start`,
    "tls-1.2": "the site does not speak TLS 1.3",
    cipher: `the site chooses ${cipherName(code)} where the proxy imitates TLS_AES_128_GCM_SHA256 only`,
    extensions: "the site's ServerHello has another shape than the proxy can imitate",
    "no-records": "no encrypted records follow the site's ServerHello",
  };
  return faults[fault];
}

const ALERTS: ReadonlyMap<number, string> = new Map([
  [40, ": it has no cipher or key exchange in common with the hello"],
  [70, ": it does not speak TLS 1.3"],
  [112, ": it does not know the name"],
]);

function groupName(group: number | undefined): string {
  const name = { 23: "secp256r1", 24: "secp384r1", 25: "secp521r1" }[group ?? 0];
  return name === undefined ? "" : ` for ${name}`;
}

function cipherName(cipher: number | undefined): string {
  const name = { 4866: "TLS_AES_256_GCM_SHA384", 4867: "TLS_CHACHA20_POLY1305_SHA256" }[cipher ?? 0];
  return name ?? `cipher 0x${(cipher ?? 0).toString(16)}`;
}

/** Below this size of the first record the C proxy itself says that it does not fully emulate the site (update_domain_info). */
const WHOLE_ANSWER_BYTES = 1250;

/** Sizes further apart are no pattern for the C proxy. */
const REGULAR_SPREAD = 3;

function recordsCheck({ records, least, most }: Imitation & { readonly ok: true }): CoverCheck {
  const check = (verdict: CoverVerdict, reason: string): CoverCheck => ({ id: "records", verdict, reason });
  const sizes = records.join(" + ");
  if (records.length > 1) {
    const small = most <= WHOLE_ANSWER_BYTES ? ", too small for a certificate" : "";
    return check(
      "usable",
      `the site answers with ${records.length} encrypted records (${sizes} bytes), the proxy imitates the first only${small}: who counts can tell`,
    );
  }
  if (most - least > REGULAR_SPREAD)
    return check("usable", `the site's answer has ${least} to ${most} bytes: the proxy imitates the mean only`);
  const size = least === most ? `${most}` : `${least} to ${most}`;
  return check("good", `one encrypted record of ${size} bytes, which the proxy imitates`);
}

const SLOW_MS = 2000;

function timeCheck({ milliseconds }: Imitation & { readonly ok: true }): CoverCheck {
  const verdict = milliseconds > SLOW_MS ? "usable" : "good";
  const slow = verdict === "good" ? "" : ": a slow answer where the proxy answers at once can be told";
  return { id: "time", verdict, reason: `the slowest of twenty handshakes took ${milliseconds} ms${slow}` };
}

const SOON_MS = 14 * 86_400_000;

function certificateCheck({ now, domain }: CoverFacts, certificate: Certificate | undefined): CoverCheck {
  const check = (verdict: CoverVerdict, reason: string): CoverCheck => ({ id: "certificate", verdict, reason });
  if (certificate === undefined) return check("bad", "the site shows no certificate");
  const { fault, validTo } = certificate;
  const day = validTo.slice(0, 10);
  if (fault !== undefined)
    return check("bad", `browsers warn of the certificate: ${certificateFault(fault, domain, day)}`);
  if (Date.parse(validTo) - now.getTime() < SOON_MS) return check("usable", `the certificate ends on ${day}`);
  return check("good", `the certificate is valid for ${domain} until ${day}`);
}

function certificateFault(fault: string, domain: string, day: string): string {
  const faults: Readonly<Record<string, string>> = {
    ERR_TLS_CERT_ALTNAME_INVALID: `it is not for ${domain}`,
    CERT_HAS_EXPIRED: `it ended on ${day}`,
    CERT_NOT_YET_VALID: "it is not valid yet",
    DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
    SELF_SIGNED_CERT_IN_CHAIN: "no known authority signed it",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no known authority signed it, or the chain is not whole",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the chain is not whole",
  };
  return faults[fault] ?? fault;
}

function postQuantumCheck(answer: "accepted" | "refused"): CoverCheck {
  const id = "post-quantum";
  if (answer === "refused") return { id, verdict: "good", reason: "X25519MLKEM768 is not taken, nor does the proxy" };
  const reason =
    "the site takes X25519MLKEM768, which current Telegram apps offer, and the proxy answers with x25519: who compares can tell";
  return { id, verdict: "usable", reason };
}

function addressCheck({ names, own, isProxyPort, port, domain }: CoverFacts): CoverCheck {
  const check = (verdict: CoverVerdict, reason: string): CoverCheck => ({ id: "address", verdict, reason });
  const here = names.ipv4.filter((address) => own.includes(address));
  if (here.length === 0)
    return check(
      "usable",
      `${domain} is another server: who looks the name up can tell; a name of your own is the best cover`,
    );
  if (isProxyPort)
    return check(
      "bad",
      `${domain} is this server, and the proxy itself holds port ${port}: strangers would be sent in a circle`,
    );
  if (here.length < names.ipv4.length)
    return check("usable", `${domain} is this server (${here.join(", ")}) and others`);
  return check("good", `${domain} is this server: the best cover there is`);
}

function fameCheck(domain: string): CoverCheck {
  const fame = fameOf(domain);
  if (fame === undefined) return { id: "fame", verdict: "good", reason: "not a name that everybody knows" };
  return { id: "fame", verdict: fame.kind === "blocked" ? "bad" : "usable", reason: fame.reason };
}
