import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import type { StatsAnswer } from "../../src/analytics/http/answers.ts";
import { parseLink } from "../../src/domain/link.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { KeyScan } from "../support/key-scan.ts";
import {
  askStats,
  openStats,
  type Question,
  type RunningDaemon,
  startDaemon,
  withToken,
} from "../support/stats-client.ts";
import { connectClient, connectRaw } from "../support/trial-client.ts";

/** The product as it is installed, its daemon as a service would run it, and real sockets. */

const home = sharedCliHome();
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
let port: number;
let daemon: RunningDaemon;
let token: { readonly authorization: string };
let link: string;

beforeAll(async () => {
  port = await freePort();
  link = (await home().add("alice")).link;
  await home().add("Bob.B");
});
afterAll(() => daemon?.end());

const ask = (path: string, question: Question = {}) =>
  askStats(port, path, { ...question, headers: { ...token, ...question.headers } });
const strange = (path: string, question: Question = {}) => askStats(port, path, question);
const state = async () => (await home().mtproxy("stats-api", "status", "--json")).json;

describe("stats-api start", () => {
  test("is off until somebody wants it", async () => {
    const { code, stdout } = await home().mtproxy("stats-api", "status");
    expect([code, stdout]).toEqual([0, expect.stringContaining("Stats API: off")]);
    expect((await home().mtproxy("doctor", "stats-api", "--json")).json.data).toMatchObject({ skipped: 1 });
  });

  test("says what is to be run where no systemd serves, with exit 9, and makes a token that only its owner reads", async () => {
    const { code, json } = await home().mtproxy("stats-api", "start", "--port", String(port), "--json");
    expect([code, json.error?.kind]).toEqual([9, "unhealthy"]);
    expect(json.data).toMatchObject({
      enabled: true,
      listening: false,
      changed: true,
      to_run: [`mtproxy --home ${home().home} daemon`],
      token_file: home().path("config/mtproxy/stats_token"),
      ssh: expect.stringContaining(`ssh -N -L ${port}:127.0.0.1:${port} `),
    });
    expect((await stat(home().path("config/mtproxy/stats_token"))).mode & 0o777).toBe(0o600);
    token = await withToken(home());
    expect(token.authorization).toMatch(/^Bearer [\w-]{43}$/);
    expect((await home().mtproxy("status")).stderr).toContain("serves the stats API, does not run");
  });

  test("is well once the daemon runs, which reads what is wanted by itself", async () => {
    daemon = await startDaemon(home());
    const { code, stdout } = await home().mtproxy("stats-api", "start");
    expect(code).toBe(0);
    expect(stdout).toContain(`✓ Figures are served at http://127.0.0.1:${port}/, as before`);
    expect((await state()).data).toMatchObject({ listening: true, version: expect.stringMatching(/^\d/), fault: null });
    expect((await home().mtproxy("doctor", "stats-api", "--json")).json.data).toMatchObject({ ok: 1 });
    await expect.poll(async () => (await ask("/api/stats")).status).toBe(200);
  });
});

describe("answers", () => {
  test("are what the OpenAPI document says, every one of them", async () => {
    const document = (await ask("/api/openapi.json")).json as OpenApi;
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
    formats.default(ajv);
    ajv.addVocabulary(["openapi", "info", "servers", "paths", "security", "components"]);
    ajv.addSchema({ ...document, $id: "openapi" });
    const real = [
      ["/api/stats", "/api/stats", 200],
      ["/api/users", "/api/users", 200],
      ["/api/users/{name}", "/api/users/ALICE", 200],
      ["/api/users/{name}", "/api/users/nobody", 404],
      ["/api/users/{name}/link", "/api/users/alice/link", 200],
      ["/api/history", "/api/history?since=24h", 200],
      ["/api/history", "/api/history?kind=user&name=alice&resolution=raw&since=1h", 200],
      ["/api/history", "/api/history?kind=user", 400],
      ["/api/history", "/api/history?since=1h&until=2h", 400],
      ["/api/history", "/api/history?since=yesterday", 400],
      ["/api/history/users", "/api/history/users?since=7d", 200],
      ["/api/history/events", "/api/history/events?limit=5", 200],
      ["/api/history/events", "/api/history/events?limit=5000", 400],
      ["/api/health", "/api/health", 200],
      ["/api/health", "/api/health?verbose", 400],
    ] as const;
    const faults = await Promise.all(
      real.map(async ([path, asked, expected]) => {
        const { status, json } = await ask(asked);
        if (status !== expected) return `${asked}: ${status} ${JSON.stringify(json)}`;
        const at = `paths/${escaped(path)}/get/responses/${status}/content/${escaped("application/json")}/schema`;
        const validate = ajv.getSchema(`openapi#/${at}`);
        if (validate === undefined) return `${asked}: ${status} is not in the document`;
        return validate(json) ? undefined : `${asked}: ${ajv.errorsText(validate.errors)}`;
      }),
    );
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(real.map(([path]) => path)));
  });

  test("of /api/stats have the shape of the requirements, and more", async () => {
    const { json } = await ask("/api/stats");
    expect(json).toMatchObject({
      mtproxy: {
        active_connections: expect.any(Number),
        total_connections: expect.any(Number),
        uptime_seconds: expect.any(Number),
      },
      users: [{ username: "alice", mtproxy_enabled: true }, { username: "Bob.B" }],
      resources: { memory_mb: expect.any(Number) },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(Object.keys((json as StatsAnswer).resources)).toEqual(
      expect.arrayContaining(["cpu_percent", "memory_mb", "network_rx_mb", "network_tx_mb"]),
    );
  });

  test("are not sent again to whoever has them, and carry what keeps browsers from mischief", async () => {
    const first = await ask("/api/stats");
    const again = await ask("/api/stats", { headers: { "if-none-match": `"other", ${first.headers.etag}` } });
    // A look may come between the two.
    if (again.status === 200) expect(again.headers.etag).not.toBe(first.headers.etag);
    else expect([again.status, again.text, again.headers.etag]).toEqual([304, "", first.headers.etag]);
    const document = await ask("/api/openapi.json");
    const known = { "if-none-match": String(document.headers.etag) };
    expect((await ask("/api/openapi.json", { headers: known })).status).toBe(304);
    expect((await strange("/api/openapi.json", { headers: known })).status).toBe(401);
    expect(first.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
  });

  test.runIf(hasIpv6)("come over IPv6 too", async () => {
    const question = { address: "::1", headers: { ...token, host: `[::1]:${port}` } };
    expect((await ask("/api/stats", question)).status).toBe(200);
  });

  test("come compressed to whoever wants that", async () => {
    const stream = await openStats(port, "/api/openapi.json", { headers: { ...token, "accept-encoding": "gzip" } });
    expect(stream.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    const plain = await ask("/api/openapi.json");
    expect(gunzipSync(await buffer(stream)).toString()).toBe(plain.text);
    expect([plain.headers["content-encoding"], plain.headers.etag]).toEqual([undefined, stream.headers.etag]);
  });

  test("of /metrics are Prometheus'", async () => {
    const { text, headers } = await ask("/metrics");
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# HELP mtproxy_build_info .*\n# TYPE mtproxy_build_info gauge$/m);
  });

  test("of the dashboard are given to everybody: it asks for the token itself", async () => {
    const { status, headers, text } = await strange("/");
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const files = [...text.matchAll(/(?:src|href)="\.?\/?([\w.-]+)"/g)].map(([, name]) => name);
    expect(files).toHaveLength(new Set(files).size);
    for (const name of files) expect([name, (await strange(`/${name}`)).status]).toEqual([name, 200]);
  });
});

describe("a request is refused", () => {
  test.each([
    ["without a token", "/api/stats", {}, 401, "unauthorized"],
    [
      "with another token",
      "/api/stats",
      { headers: { authorization: `Bearer ${"x".repeat(43)}` } },
      401,
      "unauthorized",
    ],
    ["with a password", "/api/stats", { headers: { authorization: "Basic YTpi" } }, 401, "unauthorized"],
    ["for the page of Prometheus without a token", "/metrics", {}, 401, "unauthorized"],
    ["for a path that is spelt otherwise", "/%61pi/stats", {}, 401, "unauthorized"],
    [
      "for a name that leads here and is not ours",
      "/api/stats",
      { headers: { host: "evil.example" } },
      403,
      "forbidden",
    ],
    ["for another port than this one", "/api/stats", { headers: { host: "127.0.0.1:1" } }, 403, "forbidden"],
    ["for the dashboard under such a name", "/", { headers: { host: "evil.example" } }, 403, "forbidden"],
    ["to change something", "/api/stats", { method: "POST" }, 405, "method"],
    ["to delete somebody", "/api/users/alice", { method: "DELETE" }, 405, "method"],
    [
      "by a page of another site",
      "/api/stats",
      { method: "OPTIONS", headers: { origin: "https://x.example" } },
      405,
      "method",
    ],
    ["with a body", "/api/stats", { body: "{}", headers: { "content-length": "2" } }, 400, "usage"],
    ["for nothing that there is", "/api/nothing", {}, 404, "not-found"],
    ["for a file outside", "/..%2fpackage.json", {}, 404, "not-found"],
    ["for no address", "/%zz", {}, 400, "usage"],
  ] as [string, string, Question, number, string][])("%s", async (_, path, question, status, kind) => {
    const answer = await strange(path, question);
    expect([answer.status, answer.json]).toMatchObject([status, { error: { kind, message: expect.any(String) } }]);
    if (status === 401) expect(answer.headers["www-authenticate"]).toBe('Bearer realm="mtproxy"');
    if (status === 405) expect(answer.headers.allow).toBe("GET, HEAD");
  });
});

test("a person's link is shown to whoever has the token, kept by nobody, and told to both logs", async () => {
  const { status, headers, json } = await ask("/api/users/ALICE/link");
  expect([status, headers["cache-control"], headers.etag]).toEqual([200, "no-store", undefined]);
  expect(json).toMatchObject({ username: "alice", enabled: true, refusal: null, link });
  expect(json).toMatchObject({ qr_svg: expect.stringMatching(/^<svg /) });
  expect((await strange("/api/users/alice/link")).status).toBe(401);
  expect((await ask("/api/users/nobody/link")).json).toMatchObject({ error: { kind: "not-found" } });
  expect(daemon.said()).toContain("stats API: the link of alice was shown");
  const { changes } = (await home().mtproxy("history", "--json")).json.data as { changes: { command: string }[] };
  const words = "to somebody who has the token of the stats API";
  const shown = changes.filter(({ command }) => command === "show link");
  expect(shown.length).toBeGreaterThan(0);
  for (const change of shown)
    expect(change).toMatchObject({ actor: "daemon", about: ["alice"], outcome: "done", words });
});

test("wrong tokens are counted, and whoever has the right one never waits for that", async () => {
  const wrong = { headers: { authorization: "Bearer wrong" } };
  const all = await Promise.all(Array.from({ length: 30 }, () => strange("/api/stats", wrong)));
  const held = all.filter(({ status }) => status === 429);
  expect(held.length).toBeGreaterThan(0);
  expect(Number(held[0]?.headers["retry-after"])).toBeGreaterThan(0);
  const right = await Promise.all(Array.from({ length: 100 }, () => ask("/api/stats")));
  expect(new Set(right.map(({ status }) => status))).toEqual(new Set([200]));
});

describe("events", () => {
  test("tell each look, in which somebody who connected is to be seen", async () => {
    const stream = await openStats(port, "/api/events", { headers: token });
    expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    const client = await connectClient({ port: home().port, key: parseLink(link).secret.key });
    await client.ask();
    const looks: StatsAnswer[] = [];
    for await (const { event, data } of eventsOf(stream)) {
      if (event === "look") looks.push(JSON.parse(data));
      if (JSON.stringify(looks.at(-1)?.users[0]).includes('"connections":1')) break;
    }
    client.socket.destroy();
    expect(looks.length).toBeGreaterThan(1);
    expect(looks[0]).toMatchObject({ users: [{ username: "alice", connections: 0 }, {}] });
  });

  test("are told to so many at most, and to the next one when one has gone", async () => {
    const streams = await Promise.all(
      Array.from({ length: 32 }, () => openStats(port, "/api/events", { headers: token })),
    );
    const full = await ask("/api/events");
    expect([full.status, full.json]).toMatchObject([503, { error: { kind: "too-many" } }]);
    for (const stream of streams) stream.destroy();
    await expect.poll(() => statusOf("/api/events")).toBe(200);
  });
});

async function statusOf(path: string): Promise<number | undefined> {
  const answer = await openStats(port, path, { headers: token });
  answer.destroy();
  return answer.statusCode;
}

test("a thousand connections that ask nothing leave room for whoever asks", async () => {
  const idle: Socket[] = [];
  for (let count = 0; count < 1000; count += 50)
    idle.push(...(await Promise.all(Array.from({ length: 50 }, () => connectRaw(port)))));
  const half = await connectRaw(port, Buffer.from("GET /api/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
  expect((await ask("/api/stats")).status).toBe(200);
  const isOpen = ({ destroyed, readableEnded }: Socket) => !(destroyed || readableEnded);
  for (const socket of idle) socket.resume();
  await expect.poll(() => idle.filter(isOpen).length).toBeLessThanOrEqual(256);
  for (const socket of [...idle, half]) socket.destroy();
});

test("another page may ask when its origin is set, and only that one", async () => {
  const origin = "https://panel.example.com";
  const preflight = (from: string) =>
    strange("/api/stats", {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
  expect((await home().mtproxy("stats-api", "start", "--origin", `${origin}/panel`)).code).toBe(3);
  expect((await home().mtproxy("stats-api", "start", "--origin", origin)).code).toBe(0);
  const asked = await preflight(origin);
  expect([asked.status, asked.headers["access-control-allow-origin"]]).toEqual([204, origin]);
  expect(asked.headers["access-control-allow-headers"]).toMatch(/authorization/i);
  expect((await preflight("https://evil.example")).status).toBe(405);
  const answer = await ask("/api/stats", { headers: { origin } });
  expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, origin]);
  // Behind a proxy of the admin's own it is asked for by that name.
  expect((await ask("/api/stats", { headers: { host: "panel.example.com" } })).status).toBe(200);
});

test("a port that is taken is told once and tried again, and keeps the daemon from nothing", async () => {
  // Whoever has one of the two addresses would be sent the token by browsers: then the other one does not serve either.
  const holder = createServer().listen(0, hasIpv6 ? "::1" : "127.0.0.1");
  await once(holder, "listening");
  const taken = (holder.address() as { port: number }).port;
  const { code, stdout, stderr } = await home().mtproxy(
    "stats-api",
    "start",
    "--port",
    String(taken),
    "--origin",
    "none",
  );
  expect([code, stdout, stderr]).toEqual([
    9,
    expect.stringContaining("are to be served"),
    expect.stringContaining(`something else listens on ${hasIpv6 ? "[::1]" : "127.0.0.1"}:${taken}`),
  ]);
  expect((await home().mtproxy("status")).stderr).toContain("the stats API does not listen");
  holder.close();
  port = taken;
  await expect.poll(() => daemon.said()).toContain(`listens on 127.0.0.1:${taken}`);
  expect((await state()).data).toMatchObject({ listening: true, origin: null });
  expect(daemon.said().match(/something else listens/g)).toHaveLength(1);
  expect((await ask("/api/stats")).status).toBe(200);
});

test("a new token ends what the one before had opened, and is asked for from then on", async () => {
  const stream = await openStats(port, "/api/events", { headers: token });
  const events = readToEnd(stream);
  const { code, json, stdout } = await home().mtproxy("stats-api", "rotate-token", "--json");
  expect([code, json.data]).toEqual([0, { token_file: home().path("config/mtproxy/stats_token"), live: true }]);
  expect(await events).toMatch(/^retry: 3000\n\n/);
  expect(stream.complete).toBe(true);
  const before = token;
  token = await withToken(home());
  expect(stdout).not.toContain(token.authorization.slice("Bearer ".length));
  expect(token).not.toEqual(before);
  expect((await strange("/api/stats", { headers: before })).status).toBe(401);
  expect((await ask("/api/stats")).status).toBe(200);
});

test("without a token everybody on the machine sees figures, and nobody a link", async () => {
  const { code, stderr } = await home().mtproxy("stats-api", "start", "--no-token");
  expect([code, stderr]).toEqual([0, expect.stringContaining("no token is asked for")]);
  expect((await strange("/api/stats")).status).toBe(200);
  for (const answer of [await strange("/api/users/alice/link"), await ask("/api/users/alice/link")])
    expect([answer.status, answer.json]).toMatchObject([
      403,
      { error: { message: "links are shown only where a token is asked for, and none is" } },
    ]);
});

test("the daemon ends at once, and every stream with it, whole; it says nothing that is secret", async () => {
  expect((await home().mtproxy("stats-api", "start", "--token")).code).toBe(0);
  const stream = await openStats(port, "/api/events", { headers: token });
  const events = readToEnd(stream);
  expect(await daemon.end()).toBe(0);
  expect([await events, stream.complete]).toEqual([expect.stringContaining("event: look"), true]);
  expect(daemon.said()).not.toContain(token.authorization.slice("Bearer ".length));
  expect(new KeyScan([parseLink(link).secret.key.reveal()]).findIn(daemon.said())).toEqual([]);
  expect((await home().mtproxy("stats-api", "status")).code).toBe(9);
});

test("a token file that holds none is told, and a new one helps", async () => {
  await writeFile(home().path("config/mtproxy/stats_token"), "short\n", { mode: 0o600 });
  daemon = await startDaemon(home());
  await expect.poll(() => daemon.said()).toContain("holds no token");
  expect((await state()).data).toMatchObject({ fault: expect.stringContaining("holds no token") });
  const { json } = await home().mtproxy("stats-api", "rotate-token", "--json");
  expect(json).toMatchObject({ ok: true, data: { live: true }, error: null });
  token = await withToken(home());
  await expect.poll(() => ask("/api/health")).toMatchObject({ status: expect.any(Number) });
});

test("stats-api stop closes the port; an uninstall takes the token along", async () => {
  const { code, stdout } = await home().mtproxy("stats-api", "stop");
  expect([code, stdout]).toEqual([0, "✓ No figures are served any more\n"]);
  await expect(strange("/api/stats")).rejects.toThrow("ECONNREFUSED");
  expect((await home().mtproxy("stats-api", "status")).code).toBe(0);
  expect(await daemon.end()).toBe(0);
  await home().mtproxy("uninstall", "--purge", "--yes");
  await expect(readFile(home().path("config/mtproxy/stats_token"))).rejects.toThrow("ENOENT");
});

interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

async function* eventsOf(stream: NodeJS.ReadableStream): AsyncGenerator<ServerEvent> {
  let rest = "";
  for await (const piece of stream.setEncoding("utf8")) {
    const frames = `${rest}${piece}`.split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      if (event !== undefined && data !== undefined) yield { event, data };
    }
  }
}

async function readToEnd(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const piece of stream.setEncoding("utf8")) text += piece;
  return text;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, unknown>>;
}

/** As a JSON pointer in an address has it. */
function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
