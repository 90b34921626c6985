import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";

/** A web site with TLS on 127.0.0.1: what a proxy shows to strangers. */
export interface CoverSite {
  readonly host: string;
  readonly port: number;
  /** TLS handshakes that were completed, TCP connections, and hellos that OpenSSL refused, by its reason. */
  readonly stats: { visits: number; connections: number; readonly refused: string[] };
  close(): Promise<void>;
}

/** Named in the site's certificate. */
export const coverDomain = "cover.example.org";

export interface CoverSiteOptions {
  /** 127.0.0.1 */
  readonly host?: string;
  /** Any free one. */
  readonly port?: number;
  /** OpenSSL's names of the TLS 1.3 ciphers that it speaks; OpenSSL's choice. */
  readonly ciphers?: string;
  /** Whatever else a site may be. */
  readonly tls?: Pick<TlsOptions, "minVersion" | "maxVersion" | "ecdhCurve">;
}

export async function startCoverSite(options: CoverSiteOptions = {}): Promise<CoverSite> {
  const { host = "127.0.0.1", port = 0, ciphers, tls } = options;
  const stats = { visits: 0, connections: 0, refused: [] as string[] };
  const sockets = new Set<TLSSocket["destroy"]>();
  const server = createServer({ key, cert: coverCertificate, minVersion: "TLSv1.3", ciphers, ...tls }, (socket) => {
    stats.visits += 1;
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ncover");
      // The C proxy of 2019 drops what arrives together with the site's end of the connection (measured: 3 of 4 times).
      setTimeout(() => socket.end(), 100);
    });
  });
  server.on("tlsClientError", (error: Error & { reason?: string }) =>
    stats.refused.push(error.reason ?? error.message),
  );
  server.on("connection", (socket) => {
    stats.connections += 1;
    const destroy = () => socket.destroy();
    sockets.add(destroy);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(destroy));
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const destroy of sockets) destroy();
    });
  return { host, port: (server.address() as AddressInfo).port, stats, close };
}

/** Self-signed, for tests only, valid for a hundred years; trusted by whoever takes it for an authority. */
export const coverCertificate = `-----BEGIN CERTIFICATE-----
MIIBtzCCAV6gAwIBAgIUU/YZY1UtiOCQ0KPRTEFnlt571vswCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRY292ZXIuZXhhbXBsZS5vcmcwIBcNMjYxMTIxMDQyMjQzWhgP
MjEyNjEwMjgwNDIyNDNaMBwxGjAYBgNVBAMMEWNvdmVyLmV4YW1wbGUub3JnMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExN8TaycUznhFsDb3X7frRb4ktYHtS7ff
TMH4UW1Cj/8ypePZqc9z2kjHJkwbnkmTxUJKoDvulrlPtHBx8JV5cqN8MHowHQYD
VR0OBBYEFGnr65rPTDgR0nk+11w7Zr/A09hDMB8GA1UdIwQYMBaAFGnr65rPTDgR
0nk+11w7Zr/A09hDMA8GA1UdEwEB/wQFMAMBAf8wJwYDVR0RBCAwHoIRY292ZXIu
ZXhhbXBsZS5vcmeCCWxvY2FsaG9zdDAKBggqhkjOPQQDAgNHADBEAiAkghfzk7lD
HFRZ5Y35CVDmPaXulgbNxLvX032t8U/XegIgXYp686tuGuXPbz0P+j1WAAsKdTJU
Xb5zNVQlKLGWO2E=
-----END CERTIFICATE-----`;

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnlniM+raIm1W/soX
GvLHKPsSL8y923+U46tBCcd3DHahRANCAATE3xNrJxTOeEWwNvdft+tFviS1ge1L
t99MwfhRbUKP/zKl49mpz3PaSMcmTBueSZPFQkqgO+6WuU+0cHHwlXly
-----END PRIVATE KEY-----`;
