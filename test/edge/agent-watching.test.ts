import { once } from "node:events";
import { chmod, chown, cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { version } from "../../package.json";
import type { CheckResult, Diagnosis } from "../../src/app/doctor/run-doctor.ts";
import type { Status } from "../../src/app/watching/read-status.ts";
import type { EdgeConfig } from "../../src/domain/edge.ts";
import { agentSocket } from "../../src/edge/agent/places.ts";
import { homePaths } from "../../src/state/paths.ts";
import { cliHome } from "../support/cli-home.ts";
import { AgentProcess } from "../support/edge/agent-process.ts";
import { edgeUser, giveToAgents, RunningHaproxy } from "../support/edge/haproxy.ts";
import { isRoot } from "../support/machine.mts";
import { tempFolder } from "../support/temp-home.ts";

test.runIf(isRoot)("status and doctor see what ails the agents and HAProxy, and say what helps", async () => {
  const it = await cliHome();
  const { agents, haproxy: run, settings } = homePaths(it.home);
  const look = async (id: string): Promise<CheckResult> => {
    const { json } = await it.run(["doctor", id, "--json"]);
    return (json.data as Diagnosis).checks[0] as CheckResult;
  };
  expect(await look("agents")).toMatchObject({ verdict: "skipped", reason: "HAProxy does not route here" });
  await writeFile(settings, JSON.stringify({ ...JSON.parse(await readFile(settings, "utf8")), routing: "edge" }));
  await mkdir(agents, { recursive: true, mode: 0o755 });
  await giveToAgents(agents);
  const writeKeys = async (generation: string, mode = 0o644) => {
    const text = JSON.stringify({ generation, helloBytes: { minBytes: 517, maxBytes: 4096 }, keys: [] });
    const [path, first] = [join(agents, "keys.json"), join(agents, "new")];
    await writeFile(first, text);
    await chmod(first, mode);
    await rename(first, path);
  };
  await writeKeys("one");

  expect(await look("agents")).toMatchObject({
    verdict: "failed",
    reason: expect.stringMatching(/^no agent answers.*agent 1 does not run; agent 2 does not run/),
    hint: expect.stringContaining("mtproxy agent 1"),
  });
  const none = await it.run(["status"]);
  expect([none.code, none.stdout]).toEqual([9, expect.stringContaining("✗ Agent 2: not running")]);
  expect(none.stderr).toContain("systemctl start familytraffic-mtproxy-agent@1");

  const first = await AgentProcess.start(it.home, 1);
  const second = await AgentProcess.start(it.home, 2);
  expect(await look("agents")).toMatchObject({ verdict: "ok", reason: "both answer, with the latest keys" });
  const well = await it.run(["status", "--json"]);
  const state = { condition: "answers", version, outdated: false, keys: 0, current: true, fault: null };
  expect((well.json.data as Status).agents).toEqual([
    { agent: 1, ...state },
    { agent: 2, ...state },
  ]);

  first.signal("SIGSTOP");
  expect(await look("agents")).toMatchObject({ verdict: "warning", reason: "agent 1 runs and does not answer" });
  first.signal("SIGCONT");
  await writeKeys("two", 0o600);
  await expect
    .poll(() => look("agents"))
    .toMatchObject({ verdict: "failed", reason: expect.stringMatching(/agent 2 works with keys.*EACCES/) });
  await writeKeys("two");
  await expect.poll(() => look("agents")).toMatchObject({ verdict: "ok" });

  const old = await AgentProcess.start(it.home, 2, { program: await olderVersion() });
  expect(await second.ended).toBe(0);
  expect(await look("agents")).toMatchObject({
    verdict: "warning",
    reason: "agent 2 is version 0.0.9, which is not the one that is installed",
  });
  expect((await it.run(["status"])).stdout).toContain("✗ Agent 2: running, version 0.0.9");
  await old.close();

  expect(await look("haproxy")).toMatchObject({ verdict: "failed", hint: "mtproxy start" });
  const config = join(await tempFolder(), "config");
  for (const path of [config, run]) await mkdir(path, { recursive: true, mode: 0o755 });
  await chown(run, edgeUser.uid, edgeUser.gid);
  for (const path of [
    dirname(it.home),
    dirname(config),
    it.home,
    join(it.home, "mtproxy"),
    join(it.home, "mtproxy/run"),
    config,
  ])
    await chmod(path, 0o755);
  const port = await freePort();
  const haproxy = await RunningHaproxy.start({ home: it.home, config, run, agents }, edge(port, await closingSite()));
  const [, its = ""] = /^Version: (.+)$/m.exec(await haproxy.ask("show info")) ?? [];
  const said = its.replaceAll(/[.+]/g, "\\$&");
  await expect
    .poll(() => look("haproxy"))
    .toMatchObject({
      verdict: "ok",
      reason: expect.stringMatching(new RegExp(`^HAProxy ${said} has \\d+ of \\d+ connections$`)),
    });
  haproxy.stopReading();
  await fillPipe(port);
  expect(await look("haproxy")).toMatchObject({
    verdict: "warning",
    reason: expect.stringMatching(/^HAProxy could not write \d+ lines of its log/),
  });
  await chown(agentSocket(agents, 1), 0, 0);
  await expect
    .poll(() => look("haproxy"))
    .toMatchObject({ verdict: "failed", reason: "HAProxy does not reach agent 1, which answers" });
});

/** Makes more records of connections than a pipe holds that nobody reads. */
async function fillPipe(port: number): Promise<void> {
  for (let round = 0; round < 30; round += 1) await Promise.all(Array.from({ length: 50 }, () => stranger(port)));
}

function stranger(port: number): Promise<unknown> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.write("GET / HTTP/1.1\r\n\r\n");
  return new Promise((closed) => socket.resume().once("close", closed));
}

/** The built product, as it called itself once. */
async function olderVersion(): Promise<string> {
  const [folder, root] = [await tempFolder(), resolve(import.meta.dirname, "../..")];
  for (const name of ["bin", "dist"]) await cp(join(root, name), join(folder, name), { recursive: true });
  const files = (await readdir(join(folder, "dist"))).filter((name) => name.endsWith(".cjs"));
  for (const name of files) {
    const path = join(folder, "dist", name);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll(JSON.stringify(version), '"0.0.9"'));
  }
  return join(folder, "bin/familytraffic-mtproxy");
}

/** Port of a site that has nothing to say. */
async function closingSite(): Promise<number> {
  const site = createServer((socket) => void socket.on("error", () => {}).end()).listen(0, "127.0.0.1");
  onTestFinished(() => void site.close());
  await once(site, "listening");
  return (site.address() as AddressInfo).port;
}

/** Nobody is to get in anywhere. */
function edge(port: number, site: number): EdgeConfig {
  return {
    ports: [port],
    maxConnections: 100,
    maxConnectionsPerSource: 100,
    addressWindow: 60,
    shards: [{ id: 1, kind: "obfuscated", address: "127.0.0.1", port: 9 }],
    servers: [],
    site: { kind: "server", address: "127.0.0.1", port: site },
    subnet: "10.213.0.0/22",
    user: edgeUser,
  };
}
