import { execFile } from "node:child_process";
import { connect as connectTcp, createServer } from "node:net";
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
} from "node:tls";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { findPatience } from "../../src/app/settings/site-patience.ts";
import type { SitePage } from "../../src/domain/edge.ts";
import { siteAddress } from "../../src/domain/site-address.ts";
import { closingTimes } from "../../src/host/closing-times.ts";
import { newCertificate } from "../support/edge/certificate.ts";
import { NamedPeer } from "../support/edge/peer.ts";
import { alice, bob, EdgeScene, newSubnet } from "../support/edge/scene.ts";
import { type Timing, timeOf } from "../support/edge/stopwatch.ts";
import { headerOf, helloOf, newKey } from "../unit/edge/identify/edge-keys.ts";

const run = promisify(execFile);
const domain = "www.example.org";

async function newPage(): Promise<{ readonly kind: "page" } & SitePage> {
  return {
    kind: "page",
    certificate: (await newCertificate(domain)).pem,
    page: "<html><body><h1>It works!</h1></body></html>\n",
  };
}

const helloShard = { id: 2, kind: "fake-tls" as const, address: "127.0.0.1" };

/** The whole answer of the page to a request. */
async function browse(port: number, request: string): Promise<string> {
  const socket = await handshake({ port });
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.write(`${request} HTTP/1.1\r\nHost: ${domain}\r\nConnection: close\r\n\r\n`);
  await new Promise((done) => socket.once("end", done));
  return text;
}

function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((done, fail) => {
    const socket = connectTls({ host: "127.0.0.1", servername: domain, rejectUnauthorized: false, ...options }, () =>
      done(socket),
    );
    socket.once("error", fail);
    onTestFinished(() => void socket.destroy());
  });
}

describe("a page of HAProxy's own", () => {
  it("finishes a TLS 1.3 handshake with openssl, and answers as a web server does, through the edge", async () => {
    const scene = await EdgeScene.start([alice, bob], { site: await newPage() });
    const openssl = `openssl s_client -connect 127.0.0.1:${scene.port} -servername ${domain} -tls1_3 </dev/null`;
    const { stdout } = await run("sh", ["-c", openssl]);
    expect(stdout).toContain(`subject=CN = ${domain}`);
    expect(stdout).toContain("New, TLSv1.3");
    // Which of the two, is a matter of how long the hello of this OpenSSL is.
    const why = expect.stringMatching(/^(hello-size|tls-unknown)$/);
    expect(await scene.record(1)).toMatchObject({ user: "-", why, verdict: "stranger" });
    expect(await browse(scene.port, "GET /")).toMatch(/^HTTP\/1\.1 200 OK\r\n.*<h1>It works!/s);
    expect(await browse(scene.port, "HEAD /")).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(await browse(scene.port, "GET /other")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await browse(scene.port, "PUT /")).toMatch(/^HTTP\/1\.1 405 /);
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
    expect(await scene.whoAnswers(headerOf(alice))).toBe("shard1");
  });

  it("takes over a renewed certificate while somebody goes on reading", async () => {
    const site = await newPage();
    const scene = await EdgeScene.start([alice, bob], { site });
    const reader = await handshake({ port: scene.port });
    await scene.haproxy.reload({ ...scene.config, site: { ...site, certificate: (await newCertificate(domain)).pem } });
    const other = await handshake({ port: scene.port });
    expect(other.getPeerX509Certificate()?.fingerprint256).not.toBe(reader.getPeerX509Certificate()?.fingerprint256);
    const answer = new Promise((done) => reader.once("data", (chunk) => done(String(chunk).split("\r\n")[0])));
    reader.write(`GET / HTTP/1.1\r\nHost: ${domain}\r\n\r\n`);
    expect(await answer).toBe("HTTP/1.1 200 OK");
  });

  it("is as patient through the edge as by itself: 0.3 s with hellos only, 1.5 s with headers", async () => {
    const site = await newPage();
    const both = await EdgeScene.start([alice, bob], { site });
    const hellos = await EdgeScene.start([bob], { site, shards: [{ ...helloShard, port: both.peers.shard2.port }] });
    await behavesLike({ host: siteAddress(hellos.config.subnet), port: 443 }, { hellos, both });
    const reader = await handshake({ port: hellos.port, minVersion: "TLSv1.3" });
    expect(reader.getProtocol()).toBe("TLSv1.3");
  });
});

describe("a web server of one's own", () => {
  it("is measured when it is chosen, and found as patient through the edge: 0.3 s with hellos only, 1.5 s with headers", async () => {
    const place = await webServer(2500);
    const found = await findPatience(
      { host: { closingTimes }, progress: { step: () => {} } },
      { kind: "server", address: place.host, port: place.port },
    );
    expect(found).toEqual({ patience: expect.closeTo(2.5, 0), warnings: [] });
    const { patience = 0 } = found;
    const site = { kind: "server" as const, address: place.host, port: place.port, patience };
    const both = await EdgeScene.start([alice, bob], { site });
    const hellos = await EdgeScene.start([bob], { site, shards: [{ ...helloShard, port: both.peers.shard2.port }] });
    await behavesLike(place, { hellos, both });
  }, 30_000);
});

/** A web server as programs make it: one that ends a handshake which does not go on. */
async function webServer(handshakeTimeout: number): Promise<{ host: string; port: number }> {
  const { pem } = await newCertificate(domain);
  const server = createTlsServer({ key: pem, cert: pem, handshakeTimeout }, (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", (_, socket) => socket.destroy());
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { host: "127.0.0.1", port: address === null || typeof address === "string" ? 0 : address.port };
}

interface Edges {
  readonly hellos: EdgeScene;
  readonly both: EdgeScene;
}

/** Whoever measures cannot tell the edges from the site itself. */
async function behavesLike(
  site: { readonly host: string; readonly port: number },
  { hellos, both }: Edges,
): Promise<void> {
  const cases = Object.entries(probes()).map(async ([name, bytes]) => {
    const [itself, ...edges] = await Promise.all([
      timeOf(site, bytes),
      timeOf({ host: "127.0.0.1", port: hellos.port }, bytes),
      timeOf({ host: "127.0.0.1", port: both.port }, bytes),
    ]);
    return { name, itself, edges };
  });
  const measured = await Promise.all(cases);
  for (const { name, itself, edges } of measured) {
    expect(edges.map(seen), name).toEqual([seen(itself), seen(itself)]);
    for (const [index, most] of [300, 1500].entries())
      expect(distance(itself, edges[index]), `${name}, ${index === 0 ? "hellos" : "headers"}`).toBeLessThan(most);
  }
}

/** What a censor sends to find out who is there. */
function probes(): Record<string, Uint8Array> {
  const hello = helloOf({ key: newKey() });
  return {
    nothing: new Uint8Array(),
    "one byte": Buffer.from("x"),
    "one byte of a hello": hello.subarray(0, 1),
    "half a hello": hello.subarray(0, 250),
    "a hello of a stranger's": hello,
    "a record too long to be one": Buffer.concat([Buffer.from("160301ffff", "hex"), Buffer.alloc(40)]),
    "another version of TLS": Buffer.from("16030100020000", "hex"),
    "an SSH banner": Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n"),
    "an HTTP request": Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "half an HTTP request": Buffer.from("GET / HT"),
  };
}

function seen({ firstByte, end, answer }: Timing) {
  return { says: firstByte !== undefined, end, answer: answer.startsWith("HTTP") ? answer : answer.slice(0, 3) };
}

/** The larger of the two differences that somebody could notice. */
function distance(a: Timing, b: Timing | undefined): number {
  const apart = (x = 0, y = 0) => Math.abs(x - y);
  return Math.max(apart(a.firstByte, b?.firstByte), apart(a.close, b?.close));
}

describe("the listed domains as the cover site", () => {
  it("are told apart by SNI; a name that is not listed, or none, gets the first, and never what it names", async () => {
    const network = siteAddress(newSubnet()).replace(/1$/, "");
    const domains = ["www.example.org", "www.example.net"].map((name, index) => ({
      domain: name,
      address: `${network}${index + 1}`,
    }));
    for (const { domain, address } of domains) await NamedPeer.start(domain, { host: address, port: 443 });
    const scene = await EdgeScene.start([bob], { site: { kind: "domains", domains } });
    const stranger = (name: string) => helloOf({ key: newKey() }, { domain: name });
    expect(await scene.whoAnswers(stranger("www.example.net"))).toBe("www.example.net");
    expect(await scene.whoAnswers(stranger("www.example.org"))).toBe("www.example.org");
    expect(await scene.whoAnswers(stranger("localhost"))).toBe("www.example.org");
    expect(await scene.whoAnswers(Buffer.from("GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n"))).toBe(
      "www.example.org",
    );
  });

  it("end a stranger's connection when there are none", async () => {
    const scene = await EdgeScene.start([bob], { site: { kind: "domains", domains: [] } });
    expect(await scene.whoAnswers(helloOf({ key: newKey() }))).toBe("closed");
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
  });
});

describe("a cover domain that is this server, with the agents gone", () => {
  it("makes two connections of a stranger's, and shows the site, when it is pinned to the site's own address", async () => {
    const subnet = newSubnet();
    const shard = await LeadingShard.start({ to: { host: siteAddress(subnet), port: 443 }, from: inside(subnet) });
    const scene = await EdgeScene.start([bob], {
      site: await newPage(),
      subnet,
      shards: [{ ...helloShard, port: shard.port }],
    });
    await loseAgents(scene);
    const strangers = await Promise.all(Array.from({ length: 10 }, () => handshake({ port: scene.port })));
    expect(strangers.map((socket) => socket.getProtocol())).toEqual(Array.from({ length: 10 }, () => "TLSv1.3"));
    expect(shard.led).toBe(10);
    expect(await connectionsOf(scene)).toBe(10);
  });

  it("makes no circle either when a shard leads them to the front door", async () => {
    const subnet = newSubnet();
    const front = { host: "127.0.0.1", port: 0 };
    const shard = await LeadingShard.start({ to: front, from: inside(subnet) });
    const scene = await EdgeScene.start([bob], {
      site: await newPage(),
      subnet,
      shards: [{ ...helloShard, port: shard.port }],
    });
    front.port = scene.port;
    await loseAgents(scene);
    const strangers = Array.from({ length: 10 }, () => timeOf({ host: "127.0.0.1", port: scene.port }, helloOf(bob)));
    expect((await Promise.all(strangers)).every(({ firstByte }) => firstByte === undefined)).toBe(true);
    expect(shard.led).toBe(10);
    expect(await connectionsOf(scene)).toBe(20);
  });
});

async function loseAgents(scene: EdgeScene): Promise<void> {
  for (const agent of scene.agents) await agent.close();
  await scene.agentsAreDown();
}

/** An address that a shard could have. */
function inside(subnet: string): string {
  return siteAddress(subnet).replace(/1$/, "18");
}

/** Connections that came in by the front door, those included that were refused there. */
async function connectionsOf(scene: EdgeScene): Promise<number> {
  const [names = "", edge = ""] = (await scene.haproxy.ask("show stat edge 1 -1")).replace(/^# /, "").split("\n");
  const column = names.split(",").indexOf("conn_tot");
  return Number(edge.split(",")[column]);
}

interface LeadingOptions {
  readonly to: { readonly host: string; readonly port: number };
  readonly from: string;
}

/** Takes everybody for a stranger, and to its cover domain, as the C proxy does. */
class LeadingShard {
  led = 0;
  readonly #server;

  private constructor({ to, from }: LeadingOptions) {
    this.#server = createServer((client) => {
      this.led += 1;
      const cover = connectTcp({ ...to, localAddress: from });
      client.pipe(cover).pipe(client);
      client.on("error", () => cover.destroy());
      cover.on("error", () => client.destroy());
    });
  }

  static async start(options: LeadingOptions): Promise<LeadingShard> {
    const shard = new LeadingShard(options);
    await new Promise<void>((ready) => shard.#server.listen(0, "127.0.0.1", ready));
    onTestFinished(() => void shard.#server.close());
    return shard;
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }
}
