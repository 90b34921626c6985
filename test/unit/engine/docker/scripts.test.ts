import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { numberedKey } from "../../../support/domain.ts";
import { programPath } from "../../../support/machine.mts";

const scripts = resolve(import.meta.dirname, "../../../../docker");

/** The shells that stand behind /bin/sh in images: Debian's and Ubuntu's, Red Hat's, Alpine's. Those that are here. */
const shells = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(([program]) => programPath(program ?? ""));

const keys = [numberedKey(1).reveal(), numberedKey(2).reveal()];
const usual = ["-M", "0", "-H", "8443", "-p", "8888", "--http-stats", "-c", "500", "--nat-info", "own:203.0.113.7"];

describe.each(shells.map((shell) => [shell.join(" "), shell] as const))("the entrypoint in %s", (_, shell) => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mtproxy-entrypoint-"));
    path = join(folder, "bin");
    await mkdir(path);
    await program("mtproto-proxy", "printf '%s\\n' \"$@\"");
    await program("hostname", "echo ::1 127.0.1.1 192.0.2.44 192.0.2.45");
    await file("keys", ["# a comment", ...keys]);
    await file("arguments", ["# a comment", ...usual]);
    await file("proxy-secret", ["secret"]);
    await file("proxy-multi.conf", [
      "# 1:1",
      "default 2;",
      "proxy_for 2 192.0.2.1:8888;",
      "proxy_for -2 [2001:db8::1]:80;",
    ]);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function program(name: string, body: string): Promise<void> {
    await writeFile(join(path, name), `#!${programPath("sh")}\n${body}\n`);
    await chmod(join(path, name), 0o755);
  }
  function file(name: string, lines: readonly string[]): Promise<void> {
    return writeFile(join(folder, name), lines.map((line) => `${line}\n`).join(""));
  }

  /** Only the programs of `path` can be found; `files` is the limit of open files. */
  async function start(argument = folder, files = 4096) {
    const [name = "", ...options] = shell;
    const command = [programPath(name) ?? name, ...options, join(scripts, "entrypoint.sh"), argument];
    const limited = ["-c", `ulimit -n ${files} && exec "$@"`, "sh", ...command];
    const env = { PATH: path, HOSTNAME: "no-such-host" };
    return execa(programPath("sh") ?? "sh", limited, { env, extendEnv: false, reject: false });
  }

  test("starts the proxy with its keys, arguments and Telegram's files", async () => {
    const { exitCode, stdout, stderr } = await start();
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([
      ...["--aes-pwd", join(folder, "proxy-secret")],
      ...["-M", "0", "-H", "8443", "-p", "8888", "--http-stats"],
      ...["-c", "500", "-C", String(500 - 4 * 2 - 32)],
      ...["--nat-info", "192.0.2.44:203.0.113.7"],
      ...keys.flatMap((key) => ["-S", key]),
      join(folder, "proxy-multi.conf"),
    ]);
  });

  test("fits the connections to the files that it may open", async () => {
    const { stdout, stderr } = await start(folder, 300);
    expect(stdout).toContain(`-c\n${300 - 19}\n-C\n${300 - 19 - 8 - 32}\n`);
    expect(stderr).toMatch(/500 connections wanted, 281 fit/);
  });

  test("stops where Telegram's connections would leave none for clients", async () => {
    const { exitCode, stderr } = await start(folder, 50);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/leaves none for clients/);
  });

  test("asks ip for its own address where hostname does not know it", async () => {
    await program("hostname", "echo 127.0.1.1");
    await program("ip", "echo 203.0.113.1 via 192.0.2.1 dev eth0 src 192.0.2.46 uid 0");
    expect((await start()).stdout).toContain("--nat-info\n192.0.2.46:203.0.113.7");
  });

  test("does not start without its own address: no client would work, and nothing would say so", async () => {
    await program("hostname", "echo 127.0.1.1");
    const { exitCode, stderr, stdout } = await start();
    expect([exitCode, stdout]).toEqual([78, ""]);
    expect(stderr).toMatch(/own IPv4 address/);
  });

  test("does not start an open proxy", async () => {
    await file("keys", ["# none"]);
    const { exitCode, stderr, stdout } = await start();
    expect([exitCode, stdout]).toEqual([78, ""]);
    expect(stderr).toMatch(/holds no key/);
  });

  test("never prints a key itself, whatever goes wrong", async () => {
    await file("arguments", usual.slice(0, -1));
    await file("proxy-multi.conf", keys);
    await rm(join(path, "mtproto-proxy"));
    const { exitCode, all = "", stderr } = await start();
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/no mtproto-proxy in this image/);
    for (const key of keys) expect(all + stderr).not.toContain(key);
  });

  test.each(["keys", "arguments", "proxy-secret", "proxy-multi.conf"])("says that %s is missing", async (name) => {
    await rm(join(folder, name));
    const { exitCode, stderr } = await start();
    expect(exitCode).toBe(78);
    expect(stderr).toContain(`cannot read ${join(folder, name)}`);
  });

  test("takes a last line that is not ended", async () => {
    await writeFile(join(folder, "keys"), keys.join("\n"));
    await writeFile(join(folder, "arguments"), usual.join("\n"));
    const { stdout } = await start();
    for (const word of [...keys, "192.0.2.44:203.0.113.7"]) expect(stdout.split("\n")).toContain(word);
  });

  test("says where the binary is", async () => {
    expect((await start("--which")).stdout).toBe(join(path, "mtproto-proxy"));
  });
});

describe("the scripts that ask for /stats", () => {
  const page = (ready: number) =>
    `pid\t17\ntotal_ready_targets\t${ready}\ntotal_declared_targets\t5\nversion\tmtproxy-0.02 a * b\n`;
  let server: Server;
  let port: string;
  let answer: { status: number; body: string };
  let folder: string;

  beforeEach(async () => {
    answer = { status: 200, body: page(5) };
    server = createServer((request, response) => {
      const headers = { connection: "close", "content-length": answer.body.length };
      response.writeHead(request.url === "/stats" ? answer.status : 404, headers).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = String((server.address() as AddressInfo).port);
    folder = await mkdtemp(join(tmpdir(), "mtproxy-stats-"));
  });
  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** With nothing but one client program to be found. */
  async function run(script: string, client: string) {
    const program = client === "node" ? process.execPath : programPath(client);
    if (program !== undefined) await symlink(program, join(folder, client)).catch(() => {});
    const env = { PATH: folder, http_proxy: "http://127.0.0.1:1", all_proxy: "http://127.0.0.1:1" };
    return execa("/bin/sh", [join(scripts, script), port], {
      env,
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
    });
  }

  const clients = ["curl", "wget", "perl", "node", "bash", "busybox"].filter(
    (client) => client === "node" || programPath(client),
  );

  test.each(clients)("get the page with %s", async (client) => {
    expect(await run("stats.sh", client)).toMatchObject({ exitCode: 0, stdout: page(5) });
  });

  test.each(clients)("fail with %s when there is no page", async (client) => {
    answer = { status: 404, body: "" };
    expect((await run("stats.sh", client)).exitCode).not.toBe(0);
    server.close();
    server.closeAllConnections();
    const { exitCode } = await run("stats.sh", client);
    expect([0, 3]).not.toContain(exitCode);
  });

  test("say with an exit code of its own that the image has no client", async () => {
    const { exitCode, stderr } = await run("stats.sh", "none");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/no program here can ask/);
  });

  test.each([
    [5, 0],
    [1, 0],
    [0, 1],
  ])("call a proxy with %i ready targets healthy or not: exit code %i", async (ready, exitCode) => {
    answer = { status: 200, body: page(ready) };
    expect(await run("healthcheck.sh", "node")).toMatchObject({ exitCode, stdout: `${ready} of 5 targets ready\n` });
  });

  test("call a proxy that does not answer sick", async () => {
    answer = { status: 500, body: "" };
    const { exitCode, stdout } = await run("healthcheck.sh", "node");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/no answer/);
  });
});
