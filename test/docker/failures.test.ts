import { access, chmod, mkdir, readFile, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ListedUser } from "../../src/app/people/list-users.ts";
import type { CliOptions } from "../support/cli.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { bareDockerHome, coverDomains, type DockerCliHome } from "../support/docker-cli-home.ts";
import { deadPort, startWeb } from "../support/web.ts";

let home: DockerCliHome;

beforeAll(async () => {
  home = await bareDockerHome();
  const setup = await home.setUp("--no-start");
  expect(setup.code, setup.stdout).toBe(0);
});
afterAll(() => home?.dispose());

/** A PATH of the named programs, and of flock, which every command needs. */
async function pathOf(...programs: string[]): Promise<{ PATH: string }> {
  const folder = join(home.folder, ["path", ...programs].join("-"));
  await mkdir(folder, { recursive: true });
  for (const program of ["flock", ...programs]) {
    const { stdout } = await execa("which", [program]);
    await symlink(stdout, join(folder, program)).catch(() => {});
  }
  return { PATH: folder };
}

/** In front of a command: hides Docker's daemon where a PATH cannot, since it is looked for in the system's folders too. */
async function withoutDockerd(): Promise<string[]> {
  const places = ["/usr/local/sbin/dockerd", "/usr/sbin/dockerd"];
  const present = await Promise.all(
    places.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  const hide = present.flat().map((path) => `/usr/bin/mount --bind /dev/null ${path}`);
  return [
    ...["/usr/bin/unshare", ...(process.getuid?.() === 0 ? [] : ["-r"]), "-m", "/bin/sh", "-c"],
    [...hide, 'exec "$@"'].join(" && "),
    "sh",
  ];
}

/** A socket that nobody may open, and what takes root's right to do so all the same. */
async function forbiddenSocket(): Promise<{ path: string; within: string[] }> {
  const path = join(home.folder, "forbidden.sock");
  const server = await listening(createServer(), path);
  onTestFinished(() => void server.close());
  await chmod(path, 0);
  const drop = ["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  return { path, within: process.getuid?.() === 0 ? drop : [] };
}

function listening(server: Server, where: string | number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(where, () => resolve(server));
  });
}

interface Trouble {
  readonly what: string;
  readonly make: () => Promise<Pick<CliOptions, "env" | "within">>;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const troubles: readonly Trouble[] = [
  {
    what: "Docker is not installed",
    make: async () => ({
      env: { ...(await pathOf()), DOCKER_HOST: "unix:///nonexistent/docker.sock" },
      within: await withoutDockerd(),
    }),
    message: /Docker is not installed here$/,
    hint: /apt-get install docker\.io/,
  },
  {
    what: "the daemon does not run",
    make: async () => ({ env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" } }),
    message: /Docker is installed, but its daemon does not run/,
    hint: /systemctl start docker|service docker start/,
  },
  {
    what: "no daemon is where DOCKER_HOST leads",
    make: async () => ({ env: { DOCKER_HOST: `tcp://127.0.0.1:${await deadPort()}` } }),
    message: /no Docker daemon answers at tcp:/,
    hint: /DOCKER_HOST/,
  },
  {
    what: "the socket may not be used",
    make: async () => {
      const { path, within } = await forbiddenSocket();
      return { env: { DOCKER_HOST: `unix://${path}` }, within };
    },
    message: /no permission to use Docker's socket/,
    hint: /root|sudo/,
  },
  {
    what: "there is no compose",
    make: async () => ({ env: await pathOf() }),
    message: /Docker Compose is not installed here/,
    hint: /apt-get install docker-compose/,
  },
  {
    what: "the machine is not x86-64",
    make: async () => {
      const daemon = await startWeb((_, response) => response.end(JSON.stringify({ Arch: "arm64" })));
      return { env: { DOCKER_HOST: daemon.url.replace("http:", "tcp:") } };
    },
    message: /x86-64 \(amd64\) only, and this machine is arm64/,
    hint: /trial engine/,
  },
];

describe("where nothing can be made live because", () => {
  it("its port is taken, adding keeps the user and says which port", async () => {
    const server = await listening(createServer(), home.port);
    onTestFinished(() => void server.close());
    const added = await home.mtproxy("add-user", "alice");
    expect(added.code, added.stdout).toBe(6);
    expect(added.json).toMatchObject({ ok: false, data: { username: "alice", added: true } });
    expect(added.json.error?.message).toMatch(/^alice is saved, but the link does not work yet: /);
    expect(added.json.error?.message).toContain(`port ${home.port} is taken`);
    expect((await home.mtproxy("list-users")).json.data).toMatchObject({ enabled: 1 });
  });

  it.each(troubles)("$what, commands say so and keep what they were told", async ({ what, make, message, hint }) => {
    const name = `user${troubles.findIndex((trouble) => trouble.what === what)}`;
    const options = await make();
    const run = (...args: string[]) => home.run([...args, "--json"], options);

    const added = await run("add-user", name, ...(name === "user0" ? [] : ["--fake-tls", coverDomains[0]]));
    expect(added.code, added.stdout).toBe(6);
    expect(added.json).toMatchObject({
      ok: false,
      data: { username: name, added: true },
      error: { kind: "environment" },
    });
    expect(added.json.error?.message).toMatch(new RegExp(`^${name} is saved, but the link does not work yet: `));
    expect(added.json.error?.message).toMatch(message);
    expect(added.json.error?.hint).toMatch(hint);
    expect((added.json.data as UserCardJson).link).toContain(`server=127.0.0.1`);

    for (const command of [["apply"], ["status"], ["plan"], ["image", "probe"]]) {
      const { code, json } = await run(...command);
      expect([command[0], code, json.error?.message]).toEqual([command[0], 6, expect.stringMatching(message)]);
    }
    expect((await home.run(["plan"], options)).stdout).toMatch(/1: port \d+[\s\S]*what is live cannot be told/);
    const { code, json } = await run("list-users");
    expect(code).toBe(0);
    expect((json.data as { users: ListedUser[] }).users.map(({ username }) => username)).toContain(name);
  });

  it("no port is left for another shard, adding keeps the user and says so", async () => {
    const small = await bareDockerHome();
    onTestFinished(() => small.dispose());
    const range = `${small.port + 1}-${small.port + 1}`;
    expect((await small.setUp("--no-start", "--port-range", range)).code).toBe(0);
    const add = (...args: string[]) =>
      small.run(["add-user", ...args, "--json"], { env: { DOCKER_HOST: "unix:///none" } });
    await add("alice");
    await add("bob", "--fake-tls", coverDomains[0]);
    const added = await add("carol", "--fake-tls", coverDomains[1]);
    expect(added.code, added.stdout).toBe(5);
    expect(added.json).toMatchObject({ ok: false, data: { username: "carol", added: true, link: null } });
    expect(added.json.error?.message).toMatch(/^carol is saved, but the link does not work yet: no free port is left/);
  });

  it("the image cannot be had, setup says so and what is there stays", async () => {
    const { code, json } = await home.setUp("--image", `127.0.0.1:${await deadPort()}/nobody/nothing:1`);
    expect(code).toBe(6);
    expect(json).toMatchObject({ ok: false, data: { running: false }, error: { kind: "environment" } });
    expect(json.error?.message).toMatch(
      /the image .*\/nobody\/nothing:1 is not here, and its registry cannot be reached/,
    );
    expect(await home.containers()).toEqual([]);
  });
});

describe("once Docker is there, with docker-compose only", () => {
  it("everybody who was added meanwhile gets in, and later commands keep to that compose", async () => {
    const path = await pathOf("docker-compose", "python3", "ss");
    const setup = await home.run(["setup", "--image", home.image, ...(await home.telegramFlags()), "--json"], {
      env: path,
    });
    expect(setup.code, setup.stdout).toBe(0);
    const record = JSON.parse(await readFile(home.path("config/mtproxy/engine.json"), "utf8")) as object;
    expect(record).toMatchObject({ compose: ["docker-compose"] });
    expect((await home.mtproxy("verify")).json.data).toMatchObject({ working: troubles.length + 1, failing: 0 });
    const before = await home.containers();
    expect((await home.mtproxy("apply")).code).toBe(0);
    await home.add("bob");
    expect(await home.containers()).toEqual(before);
  });

  it("a port that was taken while the proxy was stopped is named, with who took it", async () => {
    expect((await home.mtproxy("stop")).code).toBe(0);
    const server = await listening(createServer(), home.port);
    const started = await home.mtproxy("start");
    server.close();
    expect(started.code, started.stdout).toBe(6);
    expect(started.json.error?.message).toMatch(
      new RegExp(`port ${home.port} is taken by \\S+ \\(process ${process.pid}\\)`),
    );
    expect((await home.mtproxy("start")).code).toBe(0);
    expect((await home.mtproxy("verify")).code).toBe(0);
  });

  it("a container that ends at once is told in its own words, and what ran before runs again", async () => {
    const { code, json } = await home.mtproxy("setup", "--max-connections", "64");
    expect(code).toBe(7);
    expect(json).toMatchObject({ ok: false, data: { running: false }, error: { kind: "engine" } });
    expect(json.error?.message).toMatch(/leaves none for clients: 10 targets need 4 each/);
    await expect.poll(async () => (await home.mtproxy("verify")).code, { timeout: 30_000 }).toBe(0);
    expect((await home.mtproxy("setup", "--max-connections", "500")).code).toBe(0);
  });
});
