import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Check, NotExamined, ok } from "../../../../src/app/doctor/check.ts";
import { isOlder } from "../../../../src/app/doctor/docker.ts";
import { openFilesOf } from "../../../../src/app/doctor/open-files.ts";
import { type CheckResult, runDoctor } from "../../../../src/app/doctor/run-doctor.ts";
import { applyPlan } from "../../../../src/app/live/apply-plan.ts";
import { addUser } from "../../../../src/app/people/add-user.ts";
import type { HostContext } from "../../../../src/context.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { Key } from "../../../../src/domain/key.ts";
import { defaultSettings, type Settings } from "../../../../src/domain/settings.ts";
import { createDockerEngine } from "../../../../src/engine/docker/docker-engine.ts";
import { createMachine } from "../../../../src/host/machine.ts";
import type { Clock } from "../../../../src/ports.ts";
import { redactKeys } from "../../../../src/ui/redaction.ts";
import { type AppScene, appScene } from "../../../support/app-scene.ts";
import { goodImage } from "../../../support/deployment.ts";
import { tempFolder } from "../../../support/temp-home.ts";

const DAY_MS = 86_400_000;

/** A scene whose proxies run. */
async function runningScene(settings: Partial<Settings> = {}): Promise<AppScene> {
  const scene = await appScene(settings);
  await applyPlan(scene.ctx);
  return scene;
}

async function look(
  { ctx }: Pick<AppScene, "ctx">,
  id: string,
  change: Partial<HostContext> = {},
): Promise<CheckResult> {
  const { data } = await runDoctor({ ...ctx, machine: createMachine(), ...change }, { ids: [id], clean: redactKeys });
  const [result] = data.checks;
  if (result === undefined) throw new Error(`no result of ${id}`);
  return result;
}

function clockAt(shiftMs: number): Clock {
  return { now: () => new Date(Date.now() + shiftMs), sleep: async () => {} };
}

/** A web server, with the real time unless told another. */
function timeServer(date?: Date): Promise<string> {
  const server = createServer((_, response) => {
    if (date !== undefined) response.setHeader("Date", date.toUTCString());
    response.end();
  });
  return listening(server, (port) => `http://127.0.0.1:${port}/conf`);
}

function listening(
  server: Server | ReturnType<typeof createTcpServer>,
  name: (port: number) => string,
): Promise<string> {
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(name((server.address() as AddressInfo).port)));
  });
}

describe("the image", () => {
  const short = { ...goodImage, longHello: false, verdict: "padded-only", reasons: ["it refuses"] } as const;

  test("that refuses today's hello fails once somebody has a fake-TLS link, and is a warning before", async () => {
    const scene = await runningScene();
    expect(await look(scene, "image")).toMatchObject({ verdict: "ok" });
    await scene.ctx.stores.engineRecord.write({ image: short });
    expect(await look(scene, "image")).toMatchObject({
      verdict: "warning",
      reason: expect.stringContaining("give nobody"),
    });
    await addUser(scene.ctx, { name: "eve", fakeTls: "google.com" });
    expect(await look(scene, "image")).toMatchObject({
      verdict: "failed",
      reason: expect.stringMatching(/refuses the long hello.* eve /),
      hint: expect.stringContaining("mtproxy image"),
    });
  });

  test("that cannot be used fails, and one that nobody probed is to be probed", async () => {
    const scene = await runningScene();
    await scene.ctx.stores.engineRecord.write({ image: { ...short, verdict: "unusable", reasons: ["no /bin/sh"] } });
    expect(await look(scene, "image")).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining("no /bin/sh"),
    });
    await scene.ctx.stores.engineRecord.write({ image: { ...goodImage, image: "other/image" } });
    expect(await look(scene, "image")).toMatchObject({ verdict: "warning", hint: "mtproxy image probe" });
  });
});

describe("the address that Telegram sees", () => {
  test("fails when it is neither this machine's nor the name's, and no connection proves it", async () => {
    const scene = await runningScene({ publicHost: "proxy.example", egressIpv4: "198.51.100.9" });
    scene.machine.names["proxy.example"] = "198.51.100.9";
    expect(await look(scene, "nat")).toMatchObject({
      verdict: "ok",
      reason: "198.51.100.9 is where proxy.example leads",
    });
    scene.machine.names["proxy.example"] = "198.51.100.1";
    expect(await look(scene, "nat")).toMatchObject({
      verdict: "ok",
      reason: expect.stringContaining("Telegram's servers take"),
    });
    for (const shard of scene.engine.shards.values()) shard.readyTargets = 0;
    expect(await look(scene, "nat")).toMatchObject({ verdict: "failed", hint: expect.stringContaining("egress_ipv4") });
    scene.machine.addresses = ["198.51.100.9"];
    expect(await look(scene, "nat")).toMatchObject({ verdict: "ok" });
  });

  test("fails when what runs has another one, which proves nothing of the one that is set", async () => {
    const scene = await runningScene({ publicHost: "proxy.example", egressIpv4: "198.51.100.9" });
    const settings = await scene.ctx.stores.settings.read();
    await scene.ctx.stores.settings.write({ ...defaultSettings, ...settings, egressIpv4: "198.51.100.10" });
    expect(await look(scene, "nat")).toMatchObject({ verdict: "failed" });
  });
});

describe("proxy-multi.conf", () => {
  test("is fine, late and stale as time passes, and missing when it is", async () => {
    const scene = await runningScene();
    expect(await look(scene, "telegram-config")).toMatchObject({ verdict: "warning", hint: "mtproxy refresh-config" });
    const fetched = { checkedAt: new Date().toISOString(), source: "core.telegram.org" };
    await scene.ctx.stores.telegramRecord.write({ proxyMultiConf: fetched });
    const verdictAfter = async (days: number) =>
      (await look(scene, "telegram-config", { clock: clockAt(days * DAY_MS) })).verdict;
    expect([await verdictAfter(1), await verdictAfter(4), await verdictAfter(15)]).toEqual(["ok", "warning", "failed"]);
    await scene.ctx.files.remove(scene.ctx.paths.proxyMultiConf);
    expect(await look(scene, "telegram-config")).toMatchObject({ verdict: "failed" });
  });
});

describe("spare slots", () => {
  test("are counted by family, run out, and fail when no other shard can be opened", async () => {
    const scene = await runningScene({ port: 8443, portRange: { first: 8444, last: 8444 } });
    expect(await look(scene, "slots")).toMatchObject({
      verdict: "ok",
      reason: expect.stringContaining("16 for padded"),
    });
    for (let number = 1; number <= 16; number++) await addUser(scene.ctx, { name: `user${number}` });
    expect(await look(scene, "slots")).toMatchObject({
      verdict: "warning",
      reason: expect.stringContaining("another port"),
    });
    await addUser(scene.ctx, { name: "eve", fakeTls: "google.com" });
    expect(await look(scene, "slots")).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining("padded and plain links"),
      hint: expect.stringContaining("port_range"),
    });
  });
});

describe("the clock", () => {
  const withTime = (url: string) => appScene({ proxyConfigUrls: [url], proxySecretUrls: [url] });

  test("of this machine fails when it is behind, which kills fake-TLS, and warns when it is ahead", async () => {
    const scene = await withTime(await timeServer());
    const off = async (seconds: number) => (await look(scene, "clock", { clock: clockAt(seconds * 1000) })).verdict;
    expect([await off(0), await off(-10), await off(60), await off(700)]).toEqual([
      "ok",
      "failed",
      "warning",
      "failed",
    ]);
  });

  test("is not looked at where nobody answers", async () => {
    expect(await look(await withTime("http://127.0.0.1:1/conf"), "clock")).toMatchObject({
      verdict: "skipped",
      reason: expect.stringContaining("nobody could be asked"),
    });
  });

  test("is compared with the middle one of several, so that one wrong clock convicts nobody", async () => {
    const wrong = await timeServer(new Date(Date.now() + DAY_MS));
    const urls = [wrong, await timeServer(), await timeServer()];
    const scene = await appScene({ proxyConfigUrls: urls, proxySecretUrls: [wrong] });
    expect(await look(scene, "clock")).toMatchObject({ verdict: "ok" });
  });
});

describe("proxies", () => {
  test("that are gone, stopped or silent fail by name, and one that ends by itself is worth a look", async () => {
    const scene = await runningScene();
    const [shard] = scene.engine.shards.values();
    if (shard === undefined) return expect.fail("one runs");
    expect(await look(scene, "proxies")).toMatchObject({ verdict: "ok", reason: expect.stringContaining("with ps") });
    shard.restarts = 9;
    expect(await look(scene, "proxies")).toMatchObject({ verdict: "warning", hint: "mtproxy logs 1" });
    shard.running = false;
    expect(await look(scene, "proxies")).toMatchObject({ verdict: "failed", hint: "mtproxy start" });
    expect(await look(scene, "upstream")).toMatchObject({ verdict: "skipped", reason: "no proxy runs" });
    scene.engine.shards.clear();
    expect(await look(scene, "proxies")).toMatchObject({ reason: "familytraffic-mtproxy is not there" });
  });

  test("without a connection to Telegram fail", async () => {
    const scene = await runningScene();
    for (const shard of scene.engine.shards.values()) shard.readyTargets = 0;
    expect(await look(scene, "upstream")).toMatchObject({
      verdict: "failed",
      hint: expect.stringContaining("datacenters"),
    });
  });
});

describe("what runs", () => {
  test("and differs from what is saved fails, a shard that nobody knows too", async () => {
    const scene = await runningScene();
    expect(await look(scene, "drift")).toMatchObject({ verdict: "ok" });
    await scene.engine.up([{ shardId: 1, configDigest: "another" }], []);
    expect(await look(scene, "drift")).toMatchObject({
      verdict: "failed",
      hint: expect.stringContaining("mtproxy apply"),
    });
  });
});

describe("a check", () => {
  const check = (id: string, run: Check["run"]): Check => ({ id, title: id, run });
  const never = () => new Promise<never>(() => {});

  test("that hangs, throws or has nothing to look at keeps no other from its finding", async () => {
    const { ctx } = await appScene();
    const key = Key.fromBytes(randomBytes(16));
    const checks = [
      check("hangs", never),
      check("breaks", () => Promise.reject(new TypeError("x is not a function"))),
      check("refuses", async () => {
        throw new AppError("environment", `something said ${key.reveal()}`, { hint: "do this" });
      }),
      check("idle", async () => {
        throw new NotExamined("nothing here");
      }),
      check("fine", async () => ok("all is well")),
    ];
    const started = performance.now();
    const { data, failure } = await runDoctor(
      { ...ctx, machine: createMachine() },
      { checks, limitMs: 300, clean: redactKeys },
    );
    expect(performance.now() - started).toBeLessThan(2000);
    expect(data.checks.map(({ verdict }) => verdict)).toEqual(["failed", "failed", "failed", "skipped", "ok"]);
    expect(data).toMatchObject({ ok: 1, warnings: 0, failed: 3, skipped: 1 });
    expect(data.checks[0]?.reason).toContain("no answer within 0.3 s");
    expect(data.checks[2]).toMatchObject({ reason: "something said [key]", hint: "do this" });
    expect(failure).toMatchObject({ kind: "unhealthy", message: expect.stringContaining("hangs, breaks, refuses") });
  });

  test("of Docker fails for a daemon that is not there, and in time for one that never answers", async () => {
    const { ctx, home } = await appScene();
    const silent = createTcpServer();
    const socket = `${await tempFolder()}/silent.sock`;
    await new Promise<void>((resolve) => void silent.listen(socket, resolve));
    onTestFinished(() => void silent.close());
    const diagnose = async (url: string) => {
      vi.stubEnv("DOCKER_HOST", url);
      const engine = createDockerEngine({ rendered: home.paths.rendered, record: ctx.stores.engineRecord });
      vi.unstubAllEnvs();
      const context = { ...ctx, machine: createMachine(), engine: async () => engine };
      return (await runDoctor(context, { ids: ["docker"], limitMs: 500, clean: redactKeys })).data.checks[0];
    };
    expect(await diagnose("unix:///no/such.sock")).toMatchObject({ verdict: "failed", hint: expect.anything() });
    expect(await diagnose(`unix://${socket}`)).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining("no answer"),
    });
  });
});

test.each([
  ["20.10.24+dfsg1", "20.10", false],
  ["19.03.1", "20.10", true],
  ["v2.26.1-4", "1.29", false],
  ["1.25.0", "1.29", true],
  ["dev", "20.10", false],
])("version %s is older than %s: %s", (version, oldest, older) => {
  expect(isOlder(version, oldest)).toBe(older);
});

test("the limit of open files is read as the kernel writes it", () => {
  expect(openFilesOf("Max open files            1024                 524288               files\n")).toBe(1024);
  expect(openFilesOf("Max open files            unlimited            unlimited            files\n")).toBe(Infinity);
  expect(openFilesOf("nothing")).toBeUndefined();
});
