import { createHash, randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { type RefreshOptions, refreshConfig } from "../../../src/app/telegram-config/refresh-config.ts";
import type { Context } from "../../../src/context.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { shardName } from "../../../src/domain/shard.ts";
import { createAgents } from "../../../src/edge/agents.ts";
import { connectHaproxy } from "../../../src/edge/connect-haproxy.ts";
import { ConnectionLog } from "../../../src/edge/connection-log.ts";
import { createHost } from "../../../src/host/host.ts";
import type { Clock } from "../../../src/ports.ts";
import { refreshView } from "../../../src/ui/refresh-views.ts";
import { goodImage } from "../../support/deployment.ts";
import { FileReadingEngine } from "../../support/file-reading-engine.ts";
import { historiesOf } from "../../support/histories.ts";
import { type TempHome, tempHome } from "../../support/temp-home.ts";
import { deadPort, startSilence, startWeb } from "../../support/web.ts";

const DATACENTERS = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5];

/** A good proxy-multi.conf, different for each number. */
function confNumber(number: number, ids: readonly number[] = DATACENTERS): string {
  return `default 2;\n${ids.map((id) => `proxy_for ${id} 10.0.${number}.1:8888;\n`).join("")}`;
}

const SECRET = randomBytes(128);
const CONF = confNumber(1);

/** Time that passes as soon as somebody sleeps. */
function quickClock(): Clock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    sleep: async (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

interface Scene {
  readonly ctx: Context;
  readonly home: TempHome;
  readonly engine: FileReadingEngine;
  /** What was said to people. */
  readonly said: string[];
  refresh(options?: RefreshOptions): ReturnType<typeof refreshConfig>;
}

const QUICK: RefreshOptions = { timeoutMs: 300 };

async function scene(
  urls: { secret: readonly string[]; conf: readonly string[] },
  settings: Partial<Settings> = {},
): Promise<Scene> {
  const home = await tempHome({ proxySecretUrls: urls.secret, proxyConfigUrls: urls.conf, ...settings });
  const engine = new FileReadingEngine(home.paths.rendered);
  const said: string[] = [];
  const progress = { step: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };
  const ctx: Context = {
    ...home,
    clock: quickClock(),
    host: createHost(),
    haproxy: () => connectHaproxy(home.paths),
    connectionLog: new ConnectionLog(join(home.paths.logs, "haproxy-mtproxy.log")),
    agents: createAgents({ folder: home.paths.agents, version: "1.2.3" }),
    progress,
    ...historiesOf(home),
    putOffInterrupts: () => {},
    engine: async () => engine,
  };
  return { ctx, home, engine, said, refresh: (options) => refreshConfig(ctx, { ...QUICK, ...options }) };
}

/** A mirror of both files whose contents the test changes. */
async function startMirror(files = { secret: new Uint8Array(SECRET), conf: CONF }) {
  const web = await startWeb(
    (request, response) => void response.end(request.url === "/secret" ? files.secret : files.conf),
  );
  return { files, web, urls: { secret: [`${web.url}/secret`], conf: [`${web.url}/conf`] } };
}

/** A home with proxies that run: one padded and one fake-TLS shard. */
async function runningScene(image: { reloads: boolean } = { reloads: true }) {
  const mirror = await startMirror();
  const it = await scene(mirror.urls, { port: await deadPort(), egressIpv4: "203.0.113.7" });
  await it.home.stores.engineRecord.write({ image: { ...goodImage, ...image } });
  const users = [
    { username: "alice", mtproxy_secret: `dd${"a1".repeat(16)}`, mtproxy_enabled: true },
    {
      username: "bob",
      mtproxy_secret: `ee${"b2".repeat(16)}${Buffer.from("127.0.0.1.example").toString("hex")}`,
      mtproxy_enabled: true,
    },
  ];
  await it.home.put(it.home.paths.users, JSON.stringify({ users }));
  await it.home.stores.telegram.write({ proxySecret: SECRET, proxyMultiConf: Buffer.from(CONF) });
  const withoutDns = { ...it.ctx, host: { ...it.ctx.host, resolve4: async () => "127.0.0.1" } };
  await applyPlan(withoutDns);
  it.engine.doings.length = 0;
  it.said.length = 0;
  return { ...it, ctx: withoutDns, mirror };
}

const stored = async ({ home }: Scene) => ({
  secret: await home.files.read(home.paths.proxySecret),
  conf: await home.files.readText(home.paths.proxyMultiConf),
});

const rendered = ({ home }: Scene, id: number) =>
  home.files.readText(join(home.paths.rendered, shardName(id), "proxy-multi.conf"));

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

const plainStyle = { good: (text: string) => text } as Parameters<typeof refreshView>[1];

describe("refreshConfig without running proxies", () => {
  it("fetches the first files, and tells when they were found good", async () => {
    const mirror = await startMirror();
    const it = await scene(mirror.urls);
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data).toEqual({
      changed: true,
      files: [
        { name: "proxy-secret", changed: true, source: `127.0.0.1:${mirror.web.port}/secret` },
        { name: "proxy-multi.conf", changed: true, source: `127.0.0.1:${mirror.web.port}/conf` },
      ],
      shards: [],
    });
    expect(await stored(it)).toEqual({ secret: SECRET, conf: CONF });
    const { proxyMultiConf } = await it.home.stores.telegramRecord.read();
    expect(proxyMultiConf?.source).toBe(`127.0.0.1:${mirror.web.port}/conf`);
    expect(Math.abs(Date.now() - Date.parse(proxyMultiConf?.checkedAt ?? ""))).toBeLessThan(60_000);
  });

  it("says nothing and rewrites nothing when nothing changed", async () => {
    const it = await scene((await startMirror()).urls);
    await it.refresh();
    const before = await it.home.stores.telegramRecord.read();
    const { data, failure, warnings = [] } = await it.refresh();
    expect(data.changed).toBe(false);
    expect(failure).toBeUndefined();
    expect([...it.said, ...warnings, refreshView(data, plainStyle)].join("")).toBe("");
    expect(await it.home.files.list(it.home.paths.telegram)).toEqual([
      "fetched.json",
      "proxy-multi.conf",
      "proxy-secret",
    ]);
    expect(await it.home.stores.telegramRecord.read()).not.toEqual(before);
  });

  it("keeps what a new file replaced", async () => {
    const { urls, files } = await startMirror();
    const it = await scene(urls);
    await it.refresh();
    files.conf = confNumber(2);
    expect((await it.refresh()).data.changed).toBe(true);
    expect(await stored(it)).toEqual({ secret: SECRET, conf: confNumber(2) });
    expect(await it.home.files.readText(`${it.home.paths.proxyMultiConf}.last-good`)).toBe(CONF);
  });

  it("shows with a dry run what would change, and changes nothing", async () => {
    const it = await scene((await startMirror()).urls);
    const { data } = await it.refresh({ dryRun: true });
    expect(data.changed).toBe(true);
    expect(await it.home.files.list(it.home.paths.telegram)).toEqual([]);
  });

  const badAnswers: [string, RequestListener][] = [
    ["answers 500", (_, response) => void response.writeHead(500).end(CONF)],
    ["serves a web page", (_, response) => void response.end("<!DOCTYPE html><html><body>Sign in</body></html>")],
    [
      "ends half-way",
      (request, response) =>
        void response.writeHead(200, { "content-length": 999 }).write("default", () => request.socket.destroy()),
    ],
    ["serves nothing", (_, response) => void response.end()],
    ["loses datacenters", (_, response) => void response.end(confNumber(1, [1, -1, 2, -2]))],
    ["never ends", (_, response) => void response.write("default 2;\n")],
    ["serves 17 MiB", (_, response) => void response.end(Buffer.alloc(17 << 20, "#"))],
    ["redirects forever", (_, response) => void response.writeHead(302, { location: "/again" }).end()],
  ];

  it.each(badAnswers)("goes on to the next mirror when one %s", async (_, answer) => {
    const { urls, web } = await startMirror();
    const bad = await startWeb(answer);
    const it = await scene({ secret: urls.secret, conf: [bad.url, ...urls.conf] });
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data.files[1]).toMatchObject({ changed: true, source: `127.0.0.1:${web.port}/conf` });
    expect((await stored(it)).conf).toBe(CONF);
    expect(it.said).toEqual([expect.stringContaining(`127.0.0.1:${bad.port}/`)]);
  });

  it("goes on past mirrors that are silent, closed or unknown to DNS", async () => {
    const { urls } = await startMirror();
    const silence = await startSilence();
    const bad = [silence.url, `http://127.0.0.1:${await deadPort()}/`, "http://no-such-name.invalid/"];
    const it = await scene({ secret: urls.secret, conf: [...bad, ...urls.conf] });
    expect((await it.refresh()).failure).toBeUndefined();
    expect((await stored(it)).conf).toBe(CONF);
    expect(it.said).toHaveLength(3);
  });

  it("fails as environment when no mirror answers at the first time, with every reason, and leaves nothing", async () => {
    const { urls } = await startMirror();
    const [port, silence] = [await deadPort(), await startSilence()];
    const it = await scene({ secret: urls.secret, conf: [`http://127.0.0.1:${port}/a`, `${silence.url}/b`] });
    const error = await refusal(it.refresh());
    expect(error.kind).toBe("environment");
    expect(error.message).toContain(`127.0.0.1:${port}/a: `);
    expect(error.message).toContain(`127.0.0.1:${silence.port}/b: no complete answer within 0.3 s`);
    expect(error.hint).toContain("--from-file");
    expect(await it.home.files.list(it.home.paths.telegram)).toEqual([]);
  });

  it("keeps the file in use when no mirror answers, says how old it is, and still takes the other one", async () => {
    const { urls, files } = await startMirror();
    const it = await scene(urls);
    await it.refresh();
    await it.home.stores.settings.update((settings) => ({
      ...(settings as Settings),
      proxySecretUrls: ["http://127.0.0.1:1/"],
    }));
    files.conf = confNumber(2);
    const threeDays = {
      ...it.ctx,
      clock: { ...it.ctx.clock, now: () => new Date(Date.now() + 3 * 86_400_000 + 60_000) },
    };
    const { failure, data } = await refreshConfig(threeDays, QUICK);
    expect(failure?.exitCode).toBe(6);
    expect(failure?.message).toContain("The one in use stays, it was found good 3 days ago");
    expect(data.files).toEqual([expect.objectContaining({ name: "proxy-multi.conf", changed: true })]);
    expect(await stored(it)).toEqual({ secret: SECRET, conf: confNumber(2) });
  });

  it("refuses as invalid when all that comes is bad, and changes nothing, not even the other file", async () => {
    const { urls, files } = await startMirror();
    const it = await scene(urls);
    await it.refresh();
    files.conf = `<html>blocked</html>`;
    files.secret = randomBytes(64);
    const error = await refusal(it.refresh());
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain("web page");
    expect(await stored(it)).toEqual({ secret: SECRET, conf: CONF });
  });

  it.each([
    ["a shorter list", confNumber(1, [1, -1, 2, -2]), "datacenters 3, -3, 4, -4, 5, -5 are missing"],
    ["a file cut in a line", CONF.slice(0, -9), "is expected"],
    ["no default", CONF.replace("default 2;\n", ""), "no default"],
    ["an unlisted default", CONF.replace("default 2", "default 7"), "default datacenter 7 is not listed"],
    ["bytes behind a NUL", `${CONF}\0${CONF}`, "NUL"],
    ["binary rubbish", "\u0001\u00ff\u00fe".repeat(99), "unknown word"],
  ])("refuses %s", async (_, bad, reason) => {
    const { urls, files } = await startMirror();
    const it = await scene(urls);
    await it.refresh();
    files.conf = bad;
    const error = await refusal(it.refresh());
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(reason);
    expect((await stored(it)).conf).toBe(CONF);
  });

  it.each([
    ["too short", randomBytes(31)],
    ["too long", randomBytes(257)],
    ["text", Buffer.from("<html>Sign in to the network to go on</html>")],
  ])("refuses a proxy-secret that is %s", async (_, secret) => {
    const it = await scene((await startMirror({ secret, conf: CONF })).urls);
    expect((await refusal(it.refresh())).message).toContain("proxy-secret is");
    expect(await it.home.files.list(it.home.paths.telegram)).toEqual([]);
  });

  it("does not need an engine to refresh what the trial engine never reads", async () => {
    const it = await scene((await startMirror()).urls, { engine: "trial" });
    it.engine.faults.unusable = new AppError("bug", "nobody may ask for the engine here");
    expect((await it.refresh()).failure).toBeUndefined();
  });

  it("asks for a set-up home first", async () => {
    const it = await scene({ secret: [], conf: [] });
    await it.home.files.remove(it.home.paths.settings);
    expect((await refusal(it.refresh())).message).toContain("no proxy is set up");
  });

  it("says that no URL is set", async () => {
    const it = await scene({ secret: [], conf: [] });
    const error = await refusal(it.refresh());
    expect(error.kind).toBe("environment");
    expect(error.message).toContain("no URL is set");
  });

  it("lets two runs at once end with the same files", async () => {
    const it = await scene((await startMirror()).urls);
    const runs = await Promise.all([it.refresh(), it.refresh(), it.refresh()]);
    expect(runs.map(({ data }) => data.changed).sort()).toEqual([false, false, true]);
    expect(await stored(it)).toEqual({ secret: SECRET, conf: CONF });
  });
});

describe("refreshConfig from files", () => {
  const pathOf = async (it: Scene, name: string, content: string | Uint8Array) => {
    const path = join(it.home.paths.home, "given", name);
    await it.home.put(path, content);
    return path;
  };

  it("takes both from files, with no mirror asked", async () => {
    const mirror = await startMirror();
    const it = await scene(mirror.urls);
    const fromFile = {
      proxySecret: await pathOf(it, "s", SECRET),
      proxyMultiConf: await pathOf(it, "c", confNumber(5)),
    };
    const { data } = await it.refresh({ fromFile });
    expect(data.files.map(({ source }) => source)).toEqual([fromFile.proxySecret, fromFile.proxyMultiConf]);
    expect((await stored(it)).conf).toBe(confNumber(5));
    expect(mirror.web.requests).toEqual([]);
  });

  it("downloads the other one only while it is not there", async () => {
    const mirror = await startMirror();
    const it = await scene(mirror.urls);
    const fromFile = { proxyMultiConf: await pathOf(it, "c", confNumber(5)), proxySecret: undefined };
    await it.refresh({ fromFile });
    expect(mirror.web.requests).toEqual(["/secret"]);
    await it.refresh({ fromFile });
    expect(mirror.web.requests).toEqual(["/secret"]);
  });

  it("refuses a path where nothing is, and a file that is none of Telegram's", async () => {
    const it = await scene((await startMirror()).urls);
    expect((await refusal(it.refresh({ fromFile: { proxyMultiConf: "/no/such/file" } }))).kind).toBe("not-found");
    const path = await pathOf(it, "page.html", "<html></html>");
    const error = await refusal(it.refresh({ fromFile: { proxyMultiConf: path } }));
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(path);
    const folder = await refusal(it.refresh({ fromFile: { proxyMultiConf: it.home.paths.home } }));
    expect(folder.kind).toBe("environment");
  });
});

describe("refreshConfig with running proxies", () => {
  it("does nothing to them when nothing changed", async () => {
    const it = await runningScene();
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({ changed: false, shards: [] });
    expect(it.engine.doings).toEqual([]);
  });

  it("has each proxy re-read a new proxy-multi.conf where the binary can, and restarts none", async () => {
    const it = await runningScene({ reloads: true });
    it.mirror.files.conf = confNumber(2);
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data.shards).toEqual([
      { name: "familytraffic-mtproxy", how: "reload" },
      { name: "familytraffic-mtproxy-2", how: "reload" },
    ]);
    expect(it.engine.doings).toEqual(["reload 1", "reload 2"]);
    const md5 = createHash("md5").update(confNumber(2)).digest("hex");
    expect((await it.engine.stats(1)).configMd5).toBe(md5);
    expect((await it.engine.stats(2)).configMd5).toBe(md5);
    expect(refreshView(data, plainStyle)).toContain("familytraffic-mtproxy-2 reads the new proxy-multi.conf");
  });

  it("restarts one after the other where the binary cannot", async () => {
    const it = await runningScene({ reloads: false });
    it.mirror.files.conf = confNumber(2);
    expect((await it.refresh()).data.shards.map(({ how }) => how)).toEqual(["restart", "restart"]);
    expect(it.engine.doings).toEqual(["restart 1", "restart 2"]);
    expect(it.engine.read.get(2)?.conf).toBe(confNumber(2));
  });

  it("restarts a proxy that was believed to reload and does not", async () => {
    const it = await runningScene({ reloads: true });
    it.engine.deafToReload = true;
    it.mirror.files.conf = confNumber(2);
    expect((await it.refresh()).failure).toBeUndefined();
    expect(it.engine.doings).toEqual(["reload 1", "restart 1", "reload 2", "restart 2"]);
  });

  it("leaves the files with owner and mode that the containers need", async () => {
    const it = await runningScene();
    const path = join(it.home.paths.rendered, shardName(1), "proxy-multi.conf");
    const before = await it.home.files.stat(path);
    it.mirror.files.conf = confNumber(2);
    await it.refresh();
    expect(await it.home.files.stat(path)).toEqual({ ...before, size: confNumber(2).length });
  });

  it.each([true, false])(
    "brings the old file back everywhere when a proxy does not work with the new one (reload: %s)",
    async (reloads) => {
      const it = await runningScene({ reloads });
      it.mirror.files.conf = confNumber(6);
      it.engine.reachesTelegram = ({ conf }) => conf !== confNumber(6) || it.engine.read.get(2)?.conf !== confNumber(6);
      const { data, failure } = await it.refresh();
      expect(failure?.exitCode).toBe(7);
      expect(failure?.message).toContain("the one before is back");
      expect(failure?.message).toContain("familytraffic-mtproxy-2");
      expect(data).toMatchObject({ changed: false, shards: [] });
      const how = reloads ? "reload" : "restart";
      expect(it.engine.doings).toEqual([`${how} 1`, `${how} 2`, `${how} 1`, `${how} 2`]);
      expect([await rendered(it, 1), await rendered(it, 2), (await stored(it)).conf]).toEqual([CONF, CONF, CONF]);
      expect(await it.home.files.readText(`${it.home.paths.proxyMultiConf}.last-good`)).toBe(CONF);
      expect([it.engine.read.get(1)?.conf, it.engine.read.get(2)?.conf]).toEqual([CONF, CONF]);
    },
  );

  it("stops at the first proxy that does not work, and leaves the others in peace", async () => {
    const it = await runningScene({ reloads: false });
    it.mirror.files.conf = confNumber(6);
    it.engine.reachesTelegram = ({ conf }) => conf !== confNumber(6);
    expect((await it.refresh()).failure?.kind).toBe("engine");
    expect(it.engine.doings).toEqual(["restart 1", "restart 1"]);
    it.engine.reachesTelegram = () => true;
    expect((await it.refresh()).data).toMatchObject({ changed: true, files: [{ changed: false }, { changed: true }] });
    expect(it.engine.read.get(2)?.conf).toBe(confNumber(6));
  });

  it("does not blame the new file for a proxy that had no connection before", async () => {
    const it = await runningScene();
    it.engine.reachesTelegram = () => false;
    it.mirror.files.conf = confNumber(2);
    const { failure, warnings = [] } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain("no connection to Telegram before either");
    expect((await stored(it)).conf).toBe(confNumber(2));
    expect(it.engine.read.get(1)?.conf).toBe(confNumber(2));
  });

  it("restarts one after the other for a new proxy-secret, once for both files", async () => {
    const it = await runningScene();
    it.mirror.files.secret = randomBytes(128);
    it.mirror.files.conf = confNumber(2);
    const { data, failure } = await refreshConfig(it.ctx, QUICK);
    expect(failure).toBeUndefined();
    expect(data.shards.map(({ how }) => how)).toEqual(["restart", "restart"]);
    expect(it.engine.doings).toEqual(["up 1", "up 2"]);
    expect(it.engine.read.get(2)).toEqual({
      conf: confNumber(2),
      secret: Buffer.from(it.mirror.files.secret).toString("latin1"),
    });
    expect((await applyPlan(it.ctx)).changes.map(({ action }) => action)).toEqual(["none", "none"]);
  });

  it("brings the old proxy-secret back when a proxy does not work with the new one", async () => {
    const it = await runningScene();
    it.mirror.files.secret = randomBytes(128);
    it.engine.reachesTelegram = ({ secret }) => secret === SECRET.toString("latin1");
    const { failure } = await refreshConfig(it.ctx, QUICK);
    expect(failure?.kind).toBe("engine");
    expect(failure?.hint).toContain("the files before are in use again");
    expect(it.engine.doings).toEqual(["up 1", "up 1"]);
    expect((await stored(it)).secret).toEqual(SECRET);
    expect(it.engine.read.get(1)?.secret).toBe(SECRET.toString("latin1"));
    expect((await applyPlan(it.ctx)).changes.map(({ action }) => action)).toEqual(["none", "none"]);
  });

  it("leaves proxies alone that are not of this home", async () => {
    const { urls } = await startMirror();
    const it = await scene(urls);
    await it.engine.up([{ shardId: 1, configDigest: "another home's" }], []).catch(() => {});
    expect(await it.engine.instances()).toHaveLength(1);
    it.engine.doings.length = 0;
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data.shards).toEqual([]);
    expect(it.engine.doings).toEqual([]);
  });

  it.each([
    ["is down", "environment"],
    ["serves another home", "conflict"],
  ] as const)("saves new files while the engine %s, says so, and makes them live afterwards", async (_, kind) => {
    const it = await runningScene();
    it.mirror.files.conf = confNumber(2);
    it.engine.faults.unusable = new AppError(kind, "not now", { hint: "systemctl start docker" });
    const { failure } = await it.refresh();
    expect(failure?.kind).toBe(kind);
    expect(failure?.message).toContain("saved, but no proxy has them yet: not now");
    expect(failure?.hint).toContain("systemctl start docker");
    expect((await stored(it)).conf).toBe(confNumber(2));
    expect((await it.refresh()).failure).toBeUndefined();
    delete it.engine.faults.unusable;
    const { data } = await it.refresh();
    expect(data).toMatchObject({ changed: true, files: [{ changed: false }, { changed: false }] });
    expect(it.engine.doings).toEqual(["reload 1", "reload 2"]);
  });

  it("finishes what a run that was killed had begun", async () => {
    const it = await runningScene();
    await it.home.stores.telegram.write({ proxySecret: SECRET, proxyMultiConf: Buffer.from(confNumber(2)) });
    await it.home.files.write(join(it.home.paths.rendered, shardName(1), "proxy-multi.conf"), confNumber(2));
    it.mirror.files.conf = confNumber(2);
    expect((await it.refresh()).data.shards).toHaveLength(2);
    expect([it.engine.read.get(1)?.conf, it.engine.read.get(2)?.conf]).toEqual([confNumber(2), confNumber(2)]);
  });

  it("starts nothing that is stopped, and has the new file ready for the start", async () => {
    const it = await runningScene();
    await it.engine.stop();
    it.mirror.files.conf = confNumber(2);
    const { data, failure } = await it.refresh();
    expect(failure).toBeUndefined();
    expect(data.shards.map(({ how }) => how)).toEqual(["write", "write"]);
    expect((await it.engine.instances()).map(({ running }) => running)).toEqual([false, false]);
    expect(await rendered(it, 2)).toBe(confNumber(2));
    expect((await it.refresh()).data.changed).toBe(false);
  });

  it("foresees with a dry run what it would do to each proxy", async () => {
    const it = await runningScene({ reloads: false });
    it.mirror.files.conf = confNumber(2);
    expect((await it.refresh({ dryRun: true })).data.shards.map(({ how }) => how)).toEqual(["restart", "restart"]);
    expect(it.engine.doings).toEqual([]);
    expect([await rendered(it, 1), (await stored(it)).conf]).toEqual([CONF, CONF]);
  });

  it("waits for an apply that is under way", async () => {
    const it = await runningScene();
    it.mirror.files.conf = confNumber(2);
    const order: string[] = [];
    let isHeld = (): void => {};
    const held = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const apply = it.home.locks.withLock(join(it.home.paths.run, "apply.lock"), async () => {
      isHeld();
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push("applied");
    });
    await held;
    await it.refresh().then(() => order.push("refreshed"));
    await apply;
    expect(order).toEqual(["applied", "refreshed"]);
  });
});
