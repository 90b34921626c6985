import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CoverProbe } from "../../../src/domain/cover-facts.ts";
import { probeCover } from "../../../src/host/cover-probe.ts";
import { type CoverSiteOptions, coverCertificate, coverDomain, startCoverSite } from "../../support/cover-site.ts";
import { deadPort } from "../../support/web.ts";

const address = "127.0.0.1";
const AES_128 = "TLS_AES_128_GCM_SHA256";

/** What is found at a real site with TLS. */
async function probeSite(options: CoverSiteOptions, domain = coverDomain): Promise<CoverProbe> {
  const site = await startCoverSite(options);
  onTestFinished(() => site.close());
  return probeCover({ domain, address, port: site.port }, { authorities: coverCertificate });
}

/** What is found at a server that treats each connection its own way. */
async function probeServer(treat: (socket: Socket) => void, timeoutMs = 5000): Promise<CoverProbe & { ms: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    treat(socket);
  });
  server.listen(0, address);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as { port: number };
  const started = performance.now();
  const probe = await probeCover({ domain: coverDomain, address, port, timeoutMs });
  return { ...probe, ms: performance.now() - started };
}

describe("a site that the proxy can imitate", () => {
  it("is told with its time, the sizes of its records and its certificate", async () => {
    const { imitation, certificate, postQuantum } = await probeSite({ ciphers: AES_128 });
    expect(imitation).toMatchObject({ ok: true, milliseconds: expect.any(Number) });
    // OpenSSL sends extensions, certificate, its signature and the end of the handshake in records of their own.
    if (imitation.ok) expect([imitation.records.length, imitation.most]).toEqual([4, imitation.records[0]]);
    expect(certificate).toEqual({ validTo: expect.stringMatching(/^2126-/) });
    expect(postQuantum).toBe("refused");
  });

  it("is tried as often at once as the proxy does", async () => {
    const site = await startCoverSite({ ciphers: AES_128 });
    onTestFinished(() => site.close());
    await probeCover({ domain: coverDomain, address, port: site.port });
    // Twenty handshakes, one browser, one question for the post-quantum group.
    expect(site.stats.connections).toBe(22);
  });
});

describe("a site that the proxy cannot imitate is told by its fault:", () => {
  it.each<[string, CoverSiteOptions, object]>([
    ["TLS 1.2 only", { tls: { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } }, { fault: "tls-1.2" }],
    ["AES-256 only", { ciphers: "TLS_AES_256_GCM_SHA384" }, { fault: "cipher", code: 0x1302 }],
    ["CHACHA20 only", { ciphers: "TLS_CHACHA20_POLY1305_SHA256" }, { fault: "cipher", code: 0x1303 }],
    ["another group only", { ciphers: AES_128, tls: { ecdhCurve: "secp384r1" } }, { fault: "hello-retry", code: 0x18 }],
    ["no group in common", { ciphers: AES_128, tls: { ecdhCurve: "secp521r1" } }, { fault: "alert", code: 40 }],
  ])("%s", async (_, options, expected) => {
    const { imitation, certificate } = await probeSite(options);
    expect(imitation).toEqual({ ok: false, ...expected });
    expect(certificate?.fault).toBeUndefined();
  });

  it("nothing listens there", async () => {
    const port = await deadPort();
    expect(await probeCover({ domain: coverDomain, address, port })).toEqual({
      imitation: { ok: false, fault: "refused-connection" },
      postQuantum: "unknown",
    });
  });

  it.each<[string, (socket: Socket) => void, object]>([
    ["a web server without TLS", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), { fault: "not-tls" }],
    ["garbage", (socket) => socket.write(Buffer.alloc(4000, 0xa5)), { fault: "not-tls" }],
    [
      "a record that is too short",
      (socket) => socket.end(Buffer.from("160303000402000000", "hex")),
      { fault: "tls-1.2" },
    ],
    ["the end of the connection", (socket) => void socket.once("data", () => socket.end()), { fault: "closed" }],
    [
      "an alert that it does not know the name",
      (socket) => void socket.once("data", () => socket.end(Buffer.from("15030300020270", "hex"))),
      { fault: "alert", code: 112 },
    ],
  ])("%s", async (_, treat, expected) => {
    const { ms, ...probe } = await probeServer(treat);
    expect(probe).toEqual({ imitation: { ok: false, ...expected }, postQuantum: expect.any(String) });
    expect(ms).toBeLessThan(4000);
  });

  it("silence, within the time that was given", async () => {
    const { ms, ...probe } = await probeServer(() => {}, 700);
    expect(probe).toEqual({ imitation: { ok: false, fault: "silent" }, postQuantum: "unknown" });
    expect(ms).toBeGreaterThan(600);
    expect(ms).toBeLessThan(2000);
  });

  it("half of a ServerHello, within the time that was given", async () => {
    const { imitation, ms } = await probeServer((socket) => socket.write(Buffer.from("160303007a0200", "hex")), 700);
    expect(imitation).toEqual({ ok: false, fault: "silent" });
    expect(ms).toBeLessThan(2000);
  });
});

describe("a certificate", () => {
  it("for another name is told with the fault", async () => {
    const { imitation, certificate } = await probeSite({ ciphers: AES_128 }, "other.example.org");
    expect(imitation.ok).toBe(true);
    expect(certificate?.fault).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("of no known authority is told with the fault", async () => {
    const site = await startCoverSite({ ciphers: AES_128 });
    onTestFinished(() => site.close());
    const { certificate } = await probeCover({ domain: coverDomain, address, port: site.port });
    expect(certificate?.fault).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

it("X25519MLKEM768 is accepted where the server asks for a key of it", async () => {
  const { postQuantum } = await probeServer((socket) => socket.once("data", (hello) => socket.write(retryFor(hello))));
  expect(postQuantum).toBe("accepted");
});

/** A HelloRetryRequest for X25519MLKEM768 (RFC 8446 §4.1.4) to a hello that offers it without a key; silence to any other. */
function retryFor(hello: Buffer): Buffer {
  const offersItAlone = hello.includes(Buffer.from("000a0004000211ec", "hex"));
  if (!offersItAlone || !hello.includes(Buffer.from("003300020000", "hex"))) return Buffer.alloc(0);
  const body = Buffer.concat([
    Buffer.from("0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c20", "hex"),
    hello.subarray(44, 76),
    Buffer.from("130100000c002b000203040033000211ec", "hex"),
  ]);
  const message = Buffer.concat([Buffer.from([2, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, 3, 3, 0, message.length]), message, Buffer.from("140303000101", "hex")]);
}
