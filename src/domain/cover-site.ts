import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { parseIpv4 } from "./address.ts";
import { PAGE_BYTES } from "./edge.ts";
import { AppError } from "./errors.ts";
import { parsePort } from "./port.ts";
import { shown } from "./printable.ts";
import type { Settings } from "./settings.ts";

/**
 * Where strangers shall go in edge routing, as an admin chooses it.
 * - `page`: files of this machine, by absolute path: a certificate with those between it and a known authority, its private key, and
 *   what the site shows
 * - `server`: another web server
 * - `domains`: the cover domains themselves; that is so too when nothing was chosen
 */
export type SiteChoice =
  | { readonly kind: "page"; readonly certificate: string; readonly key: string; readonly page?: string }
  | { readonly kind: "server"; readonly address: string; readonly port: number; readonly patience?: number }
  | { readonly kind: "domains"; readonly patience?: number };

/** Strangers get a site of this server's, which is also what a cover domain is that leads here. */
export function hasOwnSite({ routing, coverSite }: Pick<Settings, "routing" | "coverSite">): boolean {
  return routing === "edge" && coverSite !== undefined && coverSite.kind !== "domains";
}

/**
 * Address of a cover domain that has none, or that is this server: nothing listens there, so the C proxy's probe ends at once instead of
 * after 5–20 s. Where strangers get a site of this server's, its address is rendered in place of this one.
 */
export const NOWHERE = "127.0.0.1";

/** What half of the web shows that nobody set up further. */
export const defaultPage = "<html><body><h1>It works!</h1></body></html>\n";

/**
 * @param text `ADDRESS:PORT`; HAProxy asks no name server
 * @throws AppError invalid
 */
export function parseSiteServer(text: string): { address: string; port: number } {
  const [, address = "", port = ""] = /^([^:]*):(\d+)$/.exec(text) ?? [];
  if (port !== "") return { address: parseIpv4(address), port: parsePort(port) };
  throw new AppError("invalid", `"${shown(text, 60)}" is not ADDRESS:PORT`, { hint: "for instance 127.0.0.1:8080" });
}

/** A certificate that HAProxy can serve. */
export interface SiteCertificate {
  /** PEM of certificates and key in one. */
  readonly pem: string;
  readonly validTo: Date;
  /** Whether a browser would take it for this domain's. */
  covers(domain: string): boolean;
}

/**
 * @throws AppError invalid that says which of the two is wrong, and repeats nothing of the key
 */
export function readSiteCertificate(certificate: string, key: string): SiteCertificate {
  const first = readCertificate(certificate);
  if (!first.checkPrivateKey(readKey(key))) throw new AppError("invalid", "the key is not the one of the certificate");
  return {
    pem: `${certificate.trim()}\n${key.trim()}\n`,
    validTo: new Date(first.validTo),
    covers: (domain) => first.checkHost(domain) !== undefined,
  };
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new AppError("invalid", "the certificate is not one in PEM form");
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new AppError("invalid", "the key is not a private key in PEM form that is readable without a password");
  }
}

/** @throws AppError invalid for a page that HAProxy could not answer with */
export function checkPage(html: string): string {
  const bytes = Buffer.byteLength(html);
  if (bytes > 0 && bytes <= PAGE_BYTES) return html;
  throw new AppError("invalid", `the page has ${bytes} bytes, and can have 1 to ${PAGE_BYTES}`, {
    hint: "a larger site needs a web server of its own: mtproxy set-cover-site --server ADDRESS:PORT",
  });
}
