import { connect, type TLSSocket } from "node:tls";
import type { Certificate } from "../domain/cover-facts.ts";
import type { CoverSite } from "../ports.ts";

/**
 * The certificate that a site shows for the name, and what a browser would say of it; undefined where no TLS connection comes about.
 * @param until milliseconds of `performance.now()`
 * @param authorities PEM; those that Node ships, and NODE_EXTRA_CA_CERTS, when absent
 */
export function readCertificate(
  { domain, address, port }: CoverSite,
  until: number,
  authorities?: string,
): Promise<Certificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      servername: domain,
      ALPNProtocols: ["h2", "http/1.1"],
      // A bad certificate is what we are here to tell of; nothing is sent.
      rejectUnauthorized: false,
      ...(authorities === undefined ? {} : { ca: authorities }),
    });
    const timer = setTimeout(() => end(), Math.max(0, until - performance.now()));
    const end = (certificate?: Certificate): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(certificate);
    };
    socket.once("secureConnect", () => end(certificateOf(socket)));
    socket.on("error", () => end());
    socket.once("close", () => end());
  });
}

function certificateOf(socket: TLSSocket): Certificate | undefined {
  const { valid_to } = socket.getPeerCertificate();
  const until = new Date(valid_to ?? Number.NaN);
  if (Number.isNaN(until.getTime())) return undefined;
  // Node's types call it an Error; it is the fault's name.
  const fault = socket.authorized ? undefined : String(socket.authorizationError);
  return { validTo: until.toISOString(), ...(fault === undefined ? {} : { fault }) };
}
