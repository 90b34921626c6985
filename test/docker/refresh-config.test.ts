import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { applyPlan } from "../../src/app/live/apply-plan.ts";
import { refreshConfig } from "../../src/app/telegram-config/refresh-config.ts";
import type { Context } from "../../src/context.ts";
import { makeSecret, revealSecret, type Secret } from "../../src/domain/secret.ts";
import { createAgents } from "../../src/edge/agents.ts";
import { connectHaproxy } from "../../src/edge/connect-haproxy.ts";
import { ConnectionLog } from "../../src/edge/connection-log.ts";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import { createHost } from "../../src/host/host.ts";
import { ProbeSocket } from "../../src/host/probe-socket.ts";
import { shakeObfuscated } from "../../src/host/telegram-client.ts";
import type { Clock } from "../../src/ports.ts";
import { shardDeployment } from "../support/deployment.ts";
import { freePort, localImage, removeTestContainers, telegramForContainers, testEgress } from "../support/docker.ts";
import { standInImage } from "../support/docker-image.ts";
import { emptyBook, numberedKey } from "../support/domain.ts";
import { historiesOf } from "../support/histories.ts";
import type { MiddleProxy } from "../support/telegram/middle-proxy.ts";
import { tempHome } from "../support/temp-home.ts";
import { startWeb } from "../support/web.ts";

const PROJECT = "familytraffic-mtproxy-test-refresh";
/** Ids of its own: containers are named by them, and no other test's are meant. */
const [PADDED, FAKE_TLS] = [101, 102];
const COVER = "cover.example";

let telegram: MiddleProxy;

beforeAll(async () => {
  telegram = await telegramForContainers();
});
afterAll(() => telegram?.close());
afterEach(() => removeTestContainers(PROJECT));

/** A padded and a fake-TLS proxy that run, with a mirror of Telegram's files that the test changes. */
async function runningProxies(build: "getpagespeed" | "official-2025") {
  const image = await standInImage({ build });
  const conf = telegram.proxyMultiConf();
  const files = { conf };
  const mirror = await startWeb((request, response) => {
    response.end(request.url === "/secret" ? telegram.proxySecret : files.conf);
  });
  const [port, tlsPort] = [await freePort(), await freePort()];
  const home = await tempHome({
    publicHost: "127.0.0.1",
    egressIpv4: testEgress,
    image,
    maxConnections: 500,
    proxySecretUrls: [`${mirror.url}/secret`],
    proxyConfigUrls: [`${mirror.url}/conf`],
  });
  const alice = makeSecret("padded", numberedKey(16 * PADDED));
  const bob = makeSecret("fake-tls", numberedKey(16 * FAKE_TLS), COVER);
  const users = [user("alice", alice), user("bob", bob)];
  await home.put(home.paths.users, JSON.stringify({ users }));
  await home.stores.shards.write({
    ...emptyBook,
    shards: [
      shardDeployment({ id: PADDED, port }).shard,
      shardDeployment({
        id: FAKE_TLS,
        port: tlsPort,
        family: "fake-tls",
        coverDomains: [COVER],
        pinned: { [COVER]: "127.0.0.1" },
      }).shard,
    ],
  });
  await home.stores.engineRecord.write({ image: { ...localImage(image), reloads: build === "getpagespeed" } });
  const { rendered } = home.paths;
  const engine = createDockerEngine({ rendered, record: home.stores.engineRecord, project: PROJECT });
  const progress = { step: () => {}, warn: () => {} };
  const ctx: Context = {
    ...home,
    host: createHost(),
    haproxy: () => connectHaproxy(home.paths),
    connectionLog: new ConnectionLog(join(home.paths.logs, "haproxy-mtproxy.log")),
    agents: createAgents({ folder: home.paths.agents, version: "1.2.3" }),
    progress,
    ...historiesOf(home),
    putOffInterrupts: () => {},
    engine: async () => engine,
  };
  expect((await refreshConfig(ctx)).failure).toBeUndefined();
  await applyPlan(ctx);
  const probe = async (secret: Secret, at: number) =>
    (await ctx.host.probeLink({ server: "127.0.0.1", port: at, secret })).attempts.map(({ ok }) => ok);
  return {
    ctx,
    engine,
    files,
    conf,
    hold: () => hold(port, alice),
    linksWork: async () => [...(await probe(alice, port)), ...(await probe(bob, tlsPort))],
  };
}

function user(username: string, secret: Secret) {
  return { username, mtproxy_secret: revealSecret(secret), mtproxy_enabled: true };
}

/** A client that is connected through the proxy to Telegram, and stays so. */
async function hold(port: number, secret: Secret): Promise<ProbeSocket> {
  const until = performance.now() + 10_000;
  const socket = await ProbeSocket.open({ host: "127.0.0.1", port }, until);
  onTestFinished(() => socket.close());
  expect(await shakeObfuscated(socket, secret, { datacenter: 2, until })).toEqual({ end: "answered" });
  return socket;
}

function stateOf(socket: ProbeSocket): Promise<string> {
  return socket.receive(() => "data", performance.now() + 500);
}

function md5(text: string): string {
  return createHash("md5").update(text, "latin1").digest("hex");
}

/** Time that passes four times as fast, for whoever waits until patience ends. */
function fourfold(clock: Clock): Clock {
  const start = clock.now().getTime();
  return { ...clock, now: () => new Date(start + 4 * (clock.now().getTime() - start)) };
}

describe("refresh-config on Docker", () => {
  it("has a binary that re-reads its file take the new one without cutting anybody", async () => {
    const { ctx, engine, files, conf, hold, linksWork } = await runningProxies("getpagespeed");
    const [held, before] = [await hold(), await engine.stats(PADDED)];
    expect(before.configMd5).toBe(md5(conf));
    files.conf = `${conf}proxy_for 203 ${telegram.host}:${telegram.port};\n`;

    const { data, failure } = await refreshConfig(ctx);

    expect(failure).toBeUndefined();
    expect(data.shards.map(({ how }) => how)).toEqual(["reload", "reload"]);
    const after = await engine.stats(PADDED);
    expect([after.configMd5, (await engine.stats(FAKE_TLS)).configMd5]).toEqual([md5(files.conf), md5(files.conf)]);
    expect(after.startTime).toBe(before.startTime);
    expect(await stateOf(held)).toBe("silent");
    expect(await linksWork()).toEqual([true, true, true]);
    expect((await refreshConfig(ctx)).data.changed).toBe(false);
  });

  it("restarts a binary that does not, and every link works when it returns", async () => {
    const { ctx, engine, files, conf, hold, linksWork } = await runningProxies("official-2025");
    const held = await hold();
    files.conf = `# newer\n${conf}`;

    const { data, failure } = await refreshConfig(ctx);

    expect(failure).toBeUndefined();
    expect(data.shards.map(({ how }) => how)).toEqual(["restart", "restart"]);
    expect((await engine.stats(FAKE_TLS)).configMd5).toBe(md5(files.conf));
    expect(await stateOf(held)).toBe("closed");
    expect(await linksWork()).toEqual([true, true, true]);
    expect((await applyPlan(ctx)).changes.map(({ action }) => action)).toEqual(["none", "none"]);
  });

  it.each(["getpagespeed", "official-2025"] as const)(
    "refuses what is no configuration and takes back one that leads nowhere (%s)",
    async (build) => {
      const { ctx, engine, files, conf, linksWork } = await runningProxies(build);
      files.conf = "<html>Sign in</html>";
      await expect(refreshConfig(ctx)).rejects.toMatchObject({ kind: "invalid", exitCode: 3 });
      files.conf = conf.replaceAll(`${telegram.host}:${telegram.port}`, "127.0.0.1:9");

      const { failure } = await refreshConfig({ ...ctx, clock: fourfold(ctx.clock) });

      expect(failure?.exitCode).toBe(7);
      expect(failure?.message).toContain("the one before is back");
      expect(await ctx.files.readText(ctx.paths.proxyMultiConf)).toBe(conf);
      expect([await engine.stats(PADDED), await engine.stats(FAKE_TLS)]).toMatchObject([
        { configMd5: md5(conf) },
        { configMd5: md5(conf) },
      ]);
      expect(await linksWork()).toEqual([true, true, true]);
    },
  );
});
