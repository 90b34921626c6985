import { once } from "node:events";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTrialEngine } from "../../src/engine/trial/trial-engine.ts";
import { numberedKey } from "../support/domain.ts";
import { watchOnTerminal, withProgram } from "../support/run-source.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, freePort, type TrialHome, trialProgram, withTrialHome } from "../support/trial.ts";
import { closed, connectClient, connectRaw } from "../support/trial-client.ts";

const [alice, bob, carol] = [numberedKey(1), numberedKey(2), numberedKey(3)];
const [forAlice, forBob, forCarol] = [
  { key: alice.reveal(), holder: "alice" },
  { key: bob.reveal(), holder: "bob" },
  { key: carol.reveal(), holder: "carol" },
];

describe("the trial engine", () => {
  let telegram: Datacenter;
  let datacenters: Readonly<Record<string, string>>;
  beforeAll(async () => {
    telegram = await startDatacenter();
    datacenters = { 2: `127.0.0.1:${telegram.port}` };
  });
  afterAll(() => telegram.close());

  const anotherEngine = (home: TrialHome) =>
    createTrialEngine({
      rendered: join(home.folder, "rendered"),
      run: home.run,
      logs: home.logs,
      program: trialProgram,
    });

  it("has nothing and does nothing before the first start", () =>
    withTrialHome(async ({ engine }) => {
      await engine.check();
      expect(await engine.instances()).toEqual([]);
      await engine.stop();
      await engine.up([], [1]);
      await expect(engine.stats(1)).rejects.toMatchObject({ kind: "engine", hint: "mtproxy start" });
      await expect(engine.probeImage("any")).rejects.toMatchObject({ kind: "environment" });
    }));

  it("starts a server that outlives its parent, and reports what it runs", () =>
    withTrialHome(async (home) => {
      const before = Date.now();
      await home.up({ keys: [forAlice], datacenters });
      const [instance] = await home.engine.instances();
      expect(instance).toMatchObject({ shardId: 1, running: true, configDigest: "digest 1", restarts: 0 });
      expect(Date.parse(instance?.startedAt ?? "")).toBeGreaterThanOrEqual(before);
      const session = (await readFile(`/proc/${instance?.id}/stat`, "utf8")).split(" ")[5];
      expect(session).toBe(instance?.id);
      const stats = await home.engine.stats(1);
      expect(stats).toMatchObject({ readyTargets: 1, declaredTargets: 1, activeClients: 0, tagSet: false, workers: 0 });
      expect(stats.residentBytes).toBeGreaterThan(10_000_000);
    }));

  it("lets the command that started it end at once, and lives on without it and its terminal", () =>
    withTrialHome(async (home) => {
      const { configDigest } = await home.configure({ keys: [forAlice], datacenters });
      const options = {
        rendered: join(home.folder, "rendered"),
        run: home.run,
        logs: home.logs,
        program: trialProgram,
      };
      const source = `import { createTrialEngine } from "./src/engine/trial/trial-engine.ts";
        const engine = createTrialEngine(${JSON.stringify(options)});
        engine.up([{ shardId: 1, configDigest: "${configDigest}" }], []).then(() => console.log("it is up"));`;
      await withProgram(source, async (file) => {
        const command = watchOnTerminal([process.execPath, file]);
        expect(await command.ended).toBe(0);
        expect(command.output()).toContain("it is up");
      });
      await setTimeout(200);
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      client.socket.destroy();
    }));

  it("adds and removes keys without cutting anyone but those whose key is gone", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice, forBob], datacenters });
      const pid = await home.pid();
      const clients = await Promise.all([alice, bob].map((key) => connectClient({ port: home.port, key })));
      for (const client of clients) await client.ask();
      const [hers, his] = clients;
      if (hers === undefined || his === undefined) throw new Error("two clients are expected");
      await home.up({ keys: [forCarol, forBob] });
      await closed(hers.socket, 1_000);
      await his.ask();
      const newcomer = await connectClient({ port: home.port, key: carol });
      await newcomer.ask();
      expect(await home.pid()).toBe(pid);
      expect(await home.engine.instances()).toMatchObject([{ configDigest: "digest 2", running: true }]);
      expect((await home.engine.userStats?.())?.map(({ holder }) => holder)).toEqual(["carol", "bob"]);
      const late = await connectClient({ port: home.port, key: alice });
      late.send(Buffer.alloc(40));
      await setTimeout(200);
      expect(late.socket.bytesRead).toBe(0);
      for (const { socket } of [his, newcomer, late]) socket.destroy();
    }));

  it("moves to another port without cutting anyone", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      const port = await freePort();
      await home.up({ port });
      await client.ask();
      const other = await connectClient({ port, key: alice });
      await other.ask();
      await expect(connectRaw(home.port)).rejects.toThrow("ECONNREFUSED");
      for (const { socket } of [client, other]) socket.destroy();
    }));

  it("does nothing the second time, and two starts at once give one server", () =>
    withTrialHome(async (home) => {
      const { configDigest, shardId } = await home.configure({ keys: [forAlice], datacenters });
      const target = [{ shardId, configDigest }];
      await Promise.all(Array.from({ length: 4 }, () => anotherEngine(home).up(target, [])));
      const pid = await home.pid();
      await home.engine.up(target, []);
      await home.engine.start();
      expect(await home.pid()).toBe(pid);
      const log = await readFile(join(home.logs, "trial-server.log"), "utf8");
      expect(log.match(/ started: pid /g)).toHaveLength(1);
    }));

  it("stops, remembers that it did, and starts with the same configuration", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      await home.engine.stop();
      await closed(client.socket);
      await expect(connectRaw(home.port)).rejects.toThrow("ECONNREFUSED");
      expect(await home.engine.instances()).toMatchObject([{ running: false, exitCode: 0, configDigest: "digest 1" }]);
      await home.engine.start();
      expect(await home.engine.instances()).toMatchObject([{ running: true, configDigest: "digest 1" }]);
      const pid = await home.pid();
      await home.engine.restart();
      expect(await home.pid()).not.toBe(pid);
      const again = await connectClient({ port: home.port, key: alice });
      await again.ask();
      again.socket.destroy();
    }));

  it("forgets a shard that is removed", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      await home.engine.up([], [1]);
      expect(await home.engine.instances()).toEqual([]);
      await expect(connectRaw(home.port)).rejects.toThrow("ECONNREFUSED");
    }));

  it("finds and ends a server whose record was lost", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      await rm(join(home.run, "trial-server.json"));
      expect(await home.engine.instances()).toMatchObject([{ running: true, configDigest: "digest 1" }]);
      await home.engine.up([], [1]);
      expect(await home.engine.instances()).toEqual([]);
      await expect(connectRaw(home.port)).rejects.toThrow("ECONNREFUSED");
    }));

  it("finds a killed server stopped and starts another in its place", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      const pid = await home.pid();
      process.kill(pid, "SIGKILL");
      await expect.poll(async () => (await home.engine.instances())[0]?.running).toBe(false);
      await expect(home.engine.stats(1)).rejects.toMatchObject({ kind: "engine" });
      await home.up();
      expect(await home.pid()).not.toBe(pid);
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      client.socket.destroy();
    }));

  it("does not take the process that has a dead server's id by now for the server", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [], datacenters });
      await home.engine.stop();
      const record = join(home.run, "trial-server.json");
      const last = JSON.parse(await readFile(record, "utf8"));
      await writeFile(record, JSON.stringify({ ...last, pid: process.pid }));
      expect(await home.engine.instances()).toMatchObject([{ running: false }]);
      await home.engine.stop();
    }));

  it("ends a server that hangs", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      const pid = await home.pid();
      process.kill(pid, "SIGSTOP");
      await home.engine.restart();
      expect(await home.pid()).not.toBe(pid);
      expect(await home.engine.stats(1)).toMatchObject({ readyTargets: 1 });
    }));

  it("says that the port is taken before it claims to have started", () =>
    withTrialHome(async (home) => {
      const other = createServer();
      other.listen(home.port, "127.0.0.1");
      await once(other, "listening");
      await expect(home.up({ keys: [forAlice], datacenters })).rejects.toMatchObject({
        kind: "environment",
        message: `port ${home.port} is taken by another program`,
      });
      expect((await home.engine.instances()).filter(({ running }) => running)).toEqual([]);
      other.close();
    }));

  it("keeps serving as before when a change cannot be made live", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], datacenters });
      const other = createServer();
      other.listen(0);
      await once(other, "listening");
      const address = other.address();
      const taken = address !== null && typeof address === "object" ? address.port : 0;
      await expect(home.up({ port: taken, keys: [] })).rejects.toMatchObject({ kind: "environment" });
      await writeFile(join(home.folder, "rendered/trial.json"), "<html>");
      await expect(home.engine.up([{ shardId: 1, configDigest: "x" }], [])).rejects.toMatchObject({ kind: "invalid" });
      expect(await home.engine.instances()).toMatchObject([{ configDigest: "digest 1" }]);
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      client.socket.destroy();
      other.close();
    }));

  it("keeps its own files to itself, and no key and no client's address in its log", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [forAlice], covers: [{ domain: coverDomain, address: "127.0.0.1:1" }], datacenters });
      const client = await connectClient({ port: home.port, key: alice, hello: "short" });
      await client.ask();
      client.socket.destroy();
      const stranger = await connectClient({ port: home.port, key: bob });
      await closed(stranger.socket);
      for (const folder of [home.run, home.logs]) {
        expect((await stat(folder)).mode & 0o777).toBe(0o700);
        for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      }
      await home.engine.stop();
      const log: string[] = [];
      for await (const line of home.engine.logs(1)) log.push(line);
      expect(log.filter((line) => !/^\d{4}-\d\d-\d\dT/.test(line))).toEqual([]);
      expect(log.join("\n")).toContain("not for production; it carries no promoted channel");
      expect(log.join("\n")).not.toContain(alice.reveal());
      expect(log.join("\n")).not.toContain("127.0.0.1");
      const argv = await home.engine.instances();
      expect(JSON.stringify(argv)).not.toContain(alice.reveal());
    }));

  it("follows its log", () =>
    withTrialHome(async (home) => {
      await home.up({ keys: [], datacenters });
      const lines = home.engine.logs(1, { tail: 0, follow: true })[Symbol.asyncIterator]();
      const next = lines.next();
      await home.up({ keys: [forAlice] });
      expect((await next).value).toMatch(/reloaded: port \d+, 1 keys/);
      await lines.return?.();
    }));

  it("works in a home whose path is longer than a unix socket's may be", () =>
    withTrialHome((outer) =>
      withTrialHome(
        async (home) => {
          expect(home.run.length).toBeGreaterThan(150);
          await home.up({ keys: [forAlice], datacenters });
          expect(await home.engine.stats(1)).toMatchObject({ readyTargets: 1 });
          expect((await stat(join(home.run, "trial-server.sock"))).isSocket()).toBe(true);
        },
        join(outer.folder, "x".repeat(150)),
      ),
    ));

  it("says what to do where its program is missing", () =>
    withTrialHome(async (home) => {
      const engine = createTrialEngine({ rendered: "/", run: home.run, logs: home.logs, program: "/nowhere.cjs" });
      await expect(engine.check()).rejects.toMatchObject({ kind: "environment" });
    }));
});
