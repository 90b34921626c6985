import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ShardDeployment } from "../../src/domain/deployment.ts";
import type { AppError } from "../../src/domain/errors.ts";
import { makeSecret } from "../../src/domain/secret.ts";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import { dockerEndpoint } from "../../src/engine/docker/endpoint.ts";
import type { ShardTarget } from "../../src/engine/engine.ts";
import { probeLink } from "../../src/host/link-probe.ts";
import { shardDeployment } from "../support/deployment.ts";
import {
  containerUser,
  DockerHome,
  dockerHome,
  freePort,
  localImage,
  smallSettings,
  telegramFiles,
  telegramForContainers,
  testProject,
} from "../support/docker.ts";
import { proxyImage, standInImage } from "../support/docker-image.ts";
import { canRun, isRoot } from "../support/machine.mts";
import type { MiddleProxy } from "../support/telegram/middle-proxy.ts";

const hasOldCompose = canRun("docker-compose");

let image: string;
let telegram: MiddleProxy;
let padded: ShardDeployment;
let fakeTls: ShardDeployment;
let home: DockerHome;

beforeAll(async () => {
  image = await proxyImage();
  telegram = await telegramForContainers();
  padded = shardDeployment({ id: 1, port: await freePort() });
  fakeTls = shardDeployment({
    id: 2,
    port: await freePort(),
    family: "fake-tls",
    coverDomains: ["cover.example"],
    pinned: { "cover.example": "127.0.0.1" },
  });
});
afterAll(() => telegram?.close());
beforeEach(async () => {
  home = await dockerHome();
});
afterEach(() => home.dispose());

function render(shards: readonly ShardDeployment[] = [padded, fakeTls]): Promise<ShardTarget[]> {
  return home.write({
    shards,
    settings: smallSettings(image),
    engineRecord: { image: localImage(image) },
    telegram: telegramFiles(telegram),
  });
}

async function run(shards: readonly ShardDeployment[] = [padded, fakeTls]): Promise<ShardTarget[]> {
  const targets = await render(shards);
  await home.engine.up(targets, []);
  return targets;
}

async function healthy(shardId: number): Promise<void> {
  const ready = async () => (await home.engine.stats(shardId).catch(() => undefined))?.readyTargets ?? 0;
  await expect.poll(ready, { timeout: 15_000, interval: 100 }).toBeGreaterThan(0);
}

/** Kind, message and hint of the error that must come. */
async function errorOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => expect.fail("no error came"),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ kind: expect.any(String) });
  return error as AppError;
}

function inspect(name: string): Promise<Docker.ContainerInspectInfo> {
  return new Docker().getContainer(name).inspect();
}

const keysOf = (...shards: ShardDeployment[]) => shards.flatMap(({ liveKeys }) => liveKeys.map(({ key }) => key));

describe("a running shard", () => {
  test("lets people in with every one of its keys, and nobody with another", async () => {
    const { longHello } = await home.engine.probeImage(image);
    await run();
    await Promise.all([healthy(1), healthy(2)]);
    const via = (shard: ShardDeployment) => ({ via: { host: "127.0.0.1", port: shard.shard.port } });
    const link = (shard: ShardDeployment) => ({ server: "127.0.0.1", port: shard.shard.port });
    for (const key of [...keysOf(padded).slice(0, 1), ...keysOf(padded).slice(-1)]) {
      const { attempts } = await probeLink({ ...link(padded), secret: makeSecret("padded", key) }, via(padded));
      expect(attempts).toMatchObject([{ ok: true }]);
    }
    for (const key of [...keysOf(fakeTls).slice(0, 1), ...keysOf(fakeTls).slice(-1)]) {
      const secret = makeSecret("fake-tls", key, "cover.example");
      const { attempts } = await probeLink({ ...link(fakeTls), secret }, via(fakeTls));
      expect(attempts).toMatchObject([{ ok: true }, { ok: longHello }]);
    }
    const [foreign] = keysOf(fakeTls);
    if (foreign === undefined) return expect.fail("the shard has keys");
    const { attempts } = await probeLink({ ...link(padded), secret: makeSecret("padded", foreign) }, via(padded));
    expect(attempts).toMatchObject([{ ok: false }]);
  });

  test("is healthy for Docker while Telegram can be reached, and only then", async () => {
    await run([padded]);
    await healthy(1);
    const check = async () => {
      const [name = "", ...args] = (await inspect("familytraffic-mtproxy")).Config.Healthcheck?.Test?.slice(1) ?? [];
      return execa("docker", ["exec", "familytraffic-mtproxy", name, ...args], { reject: false });
    };
    expect(await check()).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+ of \d+ targets ready$/) });
    await telegram.close();
    try {
      await expect.poll(async () => (await check()).exitCode, { timeout: 20_000, interval: 300 }).toBe(1);
    } finally {
      await telegram.reopen();
    }
  });

  test("is hardened", async () => {
    await run([fakeTls]);
    const { Config, HostConfig } = await inspect("familytraffic-mtproxy-2");
    expect(Config.User).toBe(`${containerUser.uid}:${containerUser.gid}`);
    expect(HostConfig).toMatchObject({
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      Init: true,
      Privileged: false,
      PidMode: "",
      SecurityOpt: ["no-new-privileges:true"],
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "3" } },
      ExtraHosts: ["cover.example:127.0.0.1"],
      Ulimits: [{ Name: "nofile", Soft: 564, Hard: 564 }],
    });
    expect(HostConfig.Binds?.every((bind) => bind.endsWith(":ro"))).toBe(true);
  });

  test("shows its keys in its argument list and nowhere else", async () => {
    await run();
    await Promise.all([healthy(1), healthy(2)]);
    const digits = keysOf(padded, fakeTls).map((key) => key.reveal());
    const names = ["familytraffic-mtproxy", "familytraffic-mtproxy-2"];
    for (const name of names) {
      const environment = await execa("docker", ["exec", name, "/bin/sh", "-c", "cat /proc/[0-9]*/environ"], {
        reject: false,
      });
      const log = await execa("docker", ["logs", name], { all: true });
      const said = [JSON.stringify(await inspect(name)), environment.stdout, log.all].join("\n").toLowerCase();
      expect(digits.filter((key) => said.includes(key))).toEqual([]);
      const { stdout } = await execa("docker", ["top", name, "-eo", "pid,args"]);
      const proxy = stdout.split("\n").find((line) => line.includes("--http-stats")) ?? "";
      expect(proxy.match(/-S [0-9a-f]{32}\b/g)).toHaveLength(16);
    }
  });

  test("comes back by itself when its process dies", async () => {
    await run([padded]);
    await healthy(1);
    await execa("docker", ["exec", "familytraffic-mtproxy", "/bin/sh", "-c", "kill -9 -1"], { reject: false });
    const restarts = async () => (await home.engine.instances()).map((it) => (it.running ? it.restarts : -1));
    await expect.poll(restarts, { timeout: 15_000 }).toEqual([1]);
    await healthy(1);
  });

  test("takes a new proxy-multi.conf on reload, and keeps its connections", async ({ skip }) => {
    const { reloads } = await home.engine.probeImage(image);
    if (!reloads) skip("this build does not re-read its file");
    await run([padded]);
    await healthy(1);
    const before = (await home.engine.stats(1)).configMd5;
    const held = connect(padded.shard.port, "127.0.0.1");
    await new Promise((resolve) => held.once("connect", resolve));
    const files = telegramFiles(telegram);
    const changed = Buffer.concat([files.proxyMultiConf, Buffer.from("# changed\n")]);
    await home.write({
      shards: [padded],
      settings: smallSettings(image),
      engineRecord: { image: localImage(image) },
      telegram: { ...files, proxyMultiConf: changed },
    });
    await home.engine.reload(1);
    await expect.poll(async () => (await home.engine.stats(1)).configMd5, { timeout: 5000 }).not.toBe(before);
    expect(held.destroyed || held.readableEnded).toBe(false);
    expect((await home.engine.instances())[0]?.restarts).toBe(0);
    held.destroy();
  });
});

describe("up", () => {
  test("touches nothing on the host's engine but its own", async () => {
    const docker = new Docker();
    const other = await docker.createContainer({
      Image: image,
      Entrypoint: ["/bin/sh", "-c", "sleep 600"],
      Labels: { "familytraffic.shard": "1", "familytraffic.test": "1", "com.docker.compose.project": "somebody-else" },
    });
    try {
      await other.start();
      const before = (await other.inspect()).State;
      await run([padded]);
      await home.engine.up([], [1]);
      await home.engine.stop();
      expect((await other.inspect()).State).toEqual(before);
      expect(await home.engine.instances()).toEqual([]);
    } finally {
      await other.remove({ force: true });
    }
  });

  test("leaves no network behind when the last shard goes", async () => {
    await run([padded]);
    await home.engine.up([], [1]);
    const filters = { label: [`com.docker.compose.project=${testProject}`] };
    expect(await new Docker().listNetworks({ filters })).toEqual([]);
  });

  test("neither changes nor shows the containers of another home, and says whose they are", async () => {
    await run([padded]);
    const other = await dockerHome();
    try {
      const targets = await other.write({ shards: [padded], settings: smallSettings(image) });
      const { engine } = other;
      const before = await home.engine.instances();
      const attempts = {
        up: () => engine.up(targets, [1]),
        stop: () => engine.stop(),
        start: () => engine.start(),
        restart: () => engine.restart([1]),
        reload: () => engine.reload(1),
        instances: () => engine.instances(),
        stats: () => engine.stats(1),
        logs: () => engine.logs(1)[Symbol.asyncIterator]().next(),
      };
      for (const [what, attempt] of Object.entries(attempts)) {
        const { kind, message, hint } = await errorOf(attempt());
        expect([what, kind, message]).toEqual([what, "conflict", expect.stringContaining(home.rendered)]);
        expect(hint).toContain(`mtproxy --home ${dirname(home.rendered)}`);
      }
      expect(await home.engine.instances()).toEqual(before);
    } finally {
      await rm(other.rendered, { recursive: true });
    }
  });

  test.runIf(hasOldCompose)("works with docker-compose 1.29 alone, and says so to the next command", async () => {
    const path = await pathWith(["docker-compose", "python3"]);
    try {
      const targets = await run();
      expect(home.record.compose).toEqual(["docker-compose"]);
      const before = await home.engine.instances();
      await home.engine.up(targets, []);
      expect(await home.engine.instances()).toEqual(before);
      const changed = { ...padded, liveKeys: padded.liveKeys.toReversed() };
      await home.engine.up(await render([changed, fakeTls]), []);
      const [first, second] = await home.engine.instances();
      expect(first?.id).not.toBe(before[0]?.id);
      expect(second).toEqual(before[1]);
    } finally {
      await path.restore();
    }
  });

  test.runIf(hasOldCompose)("keeps to the compose that was recorded while it works", async () => {
    home.record = { compose: ["docker-compose"] };
    await home.engine.check();
    await run([padded]);
    expect(home.record.compose).toEqual(["docker-compose"]);
    const later = new DockerHome(home.rendered, { compose: ["gone-compose"] });
    await later.engine.up([], [1]);
    await later.engine.up(await render([padded]), []);
    expect(later.record.compose).toEqual(["docker", "compose"]);
  });
});

describe("an engine that cannot", () => {
  test("says that a port is taken, and by which program", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(padded.shard.port, resolve));
    try {
      const error = await errorOf(run([padded]));
      expect(error.kind).toBe("environment");
      expect(error.message).toMatch(
        new RegExp(`^port ${padded.shard.port} is taken by \\S+ \\(process ${process.pid}\\)`),
      );
    } finally {
      server.close();
    }
    await home.engine.up(await render([padded]), []);
    await healthy(1);
  });

  test("says that a port is taken, and by which container", async () => {
    const other = await new Docker().createContainer({
      Image: image,
      Entrypoint: ["/bin/sh", "-c", "sleep 600"],
      Labels: { "familytraffic.test": "1" },
      ExposedPorts: { "1/tcp": {} },
      HostConfig: { PortBindings: { "1/tcp": [{ HostPort: String(padded.shard.port) }] } },
    });
    try {
      await other.start();
      const name = (await other.inspect()).Name.slice(1);
      const error = await errorOf(run([padded]));
      expect(error.message).toContain(`port ${padded.shard.port} is taken by the container ${name}`);
    } finally {
      await other.remove({ force: true });
    }
  });

  test("says in the proxy's own words why it ended at once", async () => {
    const targets = await home.write({
      shards: [padded],
      settings: smallSettings(image),
      engineRecord: { image: localImage(image) },
      telegram: { ...telegramFiles(telegram), proxyMultiConf: Buffer.from("<html>not found</html>\n") },
    });
    const error = await errorOf(home.engine.up(targets, []));
    expect(error.kind).toBe("engine");
    expect(error.message).toMatch(/familytraffic-mtproxy (ended right after its start|restarts in a loop)/);
    expect(error.message).toMatch(/fatal: .* near/);
  });

  test("says of a shard that restarts in a loop why it has no figures", async () => {
    await home
      .write({
        shards: [padded],
        settings: smallSettings(image),
        engineRecord: { image: localImage(image) },
        telegram: { ...telegramFiles(telegram), proxyMultiConf: Buffer.from("<html>not found</html>\n") },
      })
      .then((targets) => home.engine.up(targets, []).catch(() => {}));
    const error = async () => (await errorOf(home.engine.stats(1))).message;
    await expect.poll(error, { timeout: 10_000 }).toMatch(/restarts in a loop.*It said:\n.*fatal/s);
  });

  test("says that the image is not there and cannot be pulled", async () => {
    const settings = { ...smallSettings(image), image: "registry.invalid/nobody/nothing:1" };
    const targets = await home.write({ shards: [padded], settings, engineRecord: {} });
    expect(await errorOf(home.engine.up(targets, []))).toMatchObject({
      kind: "environment",
      message: expect.stringMatching(/image is not here and cannot be pulled/),
    });
  });

  test("says that the host does not allow so many open files", async () => {
    const settings = { ...smallSettings(image), maxConnections: 5_000_000 };
    const targets = await home.write({ shards: [padded], settings, engineRecord: {} });
    expect(await errorOf(home.engine.up(targets, []))).toMatchObject({
      kind: "environment",
      message: expect.stringMatching(/open files/),
    });
  });

  test("says that Docker is not running", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    const engine = createDockerEngine({ rendered: home.rendered, record: memory() });
    vi.unstubAllEnvs();
    const attempts = [
      () => engine.check(),
      () => engine.instances(),
      () => engine.up([], []),
      () => engine.probeImage(image),
    ];
    for (const attempt of attempts) {
      expect(await errorOf(attempt())).toMatchObject({
        kind: "environment",
        hint: expect.stringMatching(/^(systemctl start docker|service docker start)$/),
      });
    }
  });

  test("says that there is no compose", async () => {
    const path = await pathWith([]);
    try {
      const error = await errorOf(home.engine.check());
      expect(error).toMatchObject({ kind: "environment", message: expect.stringMatching(/Compose is not installed/) });
    } finally {
      await path.restore();
    }
  });
});

describe("DOCKER_HOST", () => {
  test("leads reads and writes to the same daemon", async () => {
    const { socketPath = "" } = dockerEndpoint(process.env);
    const door = await forward(socketPath);
    vi.stubEnv("DOCKER_HOST", `tcp://127.0.0.1:${door.port}`);
    const engine = createDockerEngine({ rendered: home.rendered, record: memory(), project: testProject });
    try {
      await engine.check();
      await engine.up(await render([padded]), []);
      expect(await engine.instances()).toMatchObject([{ shardId: 1, running: true }]);
      await expect
        .poll(
          () =>
            engine.stats(1).then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true);
    } finally {
      vi.unstubAllEnvs();
      door.close();
    }
  });
});

describe("what an image can do", () => {
  const project = new Docker();
  const probeContainers = () => project.listContainers({ all: true, filters: { label: ["familytraffic.probe"] } });

  test.each([
    ["official-2019", { verdict: "padded-only", longHello: false, reloads: false, version: "mtproxy-0.01" }],
    ["official-2025", { verdict: "good", longHello: true, reloads: false, version: "mtproxy-0.02" }],
    ["getpagespeed", { verdict: "good", longHello: true, reloads: true, version: "mtproxy-3.0.5" }],
  ] as const)("is measured: %s", async (build, expected) => {
    const reference = await standInImage({ build });
    const verdict = await home.engine.probeImage(reference);
    expect(verdict).toMatchObject({ ...expected, image: reference, fakeTls: true, httpStats: true });
    expect(verdict.imageId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(verdict.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(verdict.openFilesLimit).toBeGreaterThan(1000);
    expect(await probeContainers()).toEqual([]);
  });

  test("is measured where the image has a shell and nothing else", async () => {
    const verdict = await home.engine.probeImage(await standInImage({ bare: true }));
    expect(verdict).toMatchObject({ verdict: "good", longHello: true });
  });

  test("is nothing without a proxy that runs", async () => {
    const { Id } = await project.getImage(image).inspect();
    const empty = await project.createContainer({ Image: Id, Cmd: [], Labels: { "familytraffic.test": "1" } });
    const tag = { repo: "familytraffic-test", tag: "without-proxy" };
    try {
      await empty.putArchive(await emptyBinaries(), { path: "/" });
      await empty.commit(tag);
      const verdict = await home.engine.probeImage("familytraffic-test:without-proxy");
      expect(verdict.verdict).toBe("unusable");
      expect(verdict.reasons.join()).toMatch(/does not run|no mtproto-proxy/);
    } finally {
      await empty.remove({ force: true });
      await project
        .getImage("familytraffic-test:without-proxy")
        .remove({ force: true })
        .catch(() => {});
    }
  });

  test("and figures are had from outside where no program in the image can ask for them", async () => {
    const bare = await project.createContainer({
      Image: await standInImage({ bare: true }),
      Entrypoint: ["/bin/rm", "-f", "/usr/bin/perl"],
      Labels: { "familytraffic.test": "1" },
    });
    const mute = "familytraffic-test:without-clients";
    try {
      await bare.start();
      await bare.wait();
      await bare.commit({ repo: "familytraffic-test", tag: "without-clients" });
      const verdict = await home.engine.probeImage(mute);
      expect(verdict).toMatchObject({ verdict: "good", reloads: true });
      expect(verdict.reasons.join()).toMatch(/no program in it can ask for \/stats/);
      const settings = smallSettings(mute);
      const targets = await home.write({ shards: [padded], settings, engineRecord: { image: localImage(mute) } });
      await home.engine.up(targets, []);
      if (isRoot) {
        const figures = () => home.engine.stats(1).catch(() => undefined);
        await expect.poll(figures, { timeout: 10_000 }).toMatchObject({ workers: 0 });
      } else {
        expect((await errorOf(home.engine.stats(1))).hint).toMatch(/as root/);
      }
    } finally {
      await bare.remove({ force: true });
      await home.engine.up([], [1]);
      await project.getImage(mute).remove({ force: true });
    }
  });

  test("is not known of an image that cannot be had", async () => {
    expect(await errorOf(home.engine.probeImage("registry.invalid/nobody/nothing:1"))).toMatchObject({
      kind: "environment",
      message: expect.stringMatching(/registry cannot be reached/),
    });
    expect(await errorOf(home.engine.probeImage("not an image"))).toMatchObject({
      message: expect.stringMatching(/is not the name of an image/),
    });
  });
});

describe("the rendered compose file", () => {
  test.each(["docker compose", ...(hasOldCompose ? ["docker-compose"] : [])])("is accepted by %s", async (command) => {
    await render();
    const [program = "", ...args] = command.split(" ");
    const { stdout, stderr, exitCode } = await execa(program, [...args, "config"], {
      cwd: home.rendered,
      reject: false,
    });
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("container_name: familytraffic-mtproxy-2");
  });
});

function memory() {
  return { read: async () => ({}), update: async () => {} };
}

/** A PATH with the named programs only. */
async function pathWith(programs: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-path-"));
  for (const program of programs) {
    const { stdout } = await execa("which", [program]);
    await symlink(stdout.trim(), join(folder, program));
  }
  vi.stubEnv("PATH", folder);
  return {
    restore: async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    },
  };
}

/** A TCP door to a Unix socket. */
async function forward(socketPath: string): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ path: socketPath, allowHalfOpen: true });
    for (const socket of [client, daemon]) sockets.add(socket.on("error", () => {}));
    client.pipe(daemon).pipe(client);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, close };
}

/** A tar that puts empty files in the places of the known images' binaries. */
async function emptyBinaries(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-empty-"));
  for (const path of ["usr/local/bin", "opt/mtproxy"]) {
    await mkdir(join(folder, path), { recursive: true });
    await execa("install", ["-m", "755", "/dev/null", join(folder, path, "mtproto-proxy")]);
  }
  const { stdout } = await execa("tar", ["-C", folder, "-c", "."], { encoding: "buffer" });
  await rm(folder, { recursive: true });
  return Buffer.from(stdout);
}
