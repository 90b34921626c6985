import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { Daemon } from "../../../../src/engine/docker/daemon.ts";
import { daemonError } from "../../../../src/engine/docker/daemon-errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mtproxy-daemon-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function ping(socketPath: string): Promise<unknown> {
  return new Daemon({ url: `unix://${socketPath}`, socketPath }).call((docker) => docker.ping());
}

describe("a Docker daemon that cannot be used", () => {
  test("is not installed where there is neither socket nor program", async () => {
    vi.stubEnv("PATH", folder);
    const missing = Object.assign(new Error("connect ENOENT"), { code: "ENOENT" });
    const error = await daemonError(missing, { url: "unix:///none", socketPath: "/none" });
    vi.unstubAllEnvs();
    // dockerd in a system folder counts as installed whatever PATH says.
    expect(error).toMatchObject({ kind: "environment", hint: expect.stringMatching(/docker/) });
    expect(error.message).toMatch(/not installed|does not run/);
  });

  test("does not run where its program is installed", async () => {
    await writeFile(join(folder, "dockerd"), "#!/bin/sh\n", { mode: 0o755 });
    vi.stubEnv("PATH", folder);
    const error = ping(join(folder, "none.sock"));
    await expect(error).rejects.toMatchObject({
      kind: "environment",
      hint: expect.stringMatching(/^(systemctl start docker|service docker start)$/),
    });
    await expect(error).rejects.toThrow(/daemon does not run/);
    vi.unstubAllEnvs();
  });

  test("left its socket behind", async () => {
    const path = join(folder, "stale.sock");
    await writeFile(path, "");
    await expect(ping(path)).rejects.toThrow(/daemon does not run|not installed/);
  });

  test("is not for this user", async () => {
    const denied = Object.assign(new Error("connect EACCES"), { code: "EACCES" });
    const error = await daemonError(denied, { url: "unix:///d.sock", socketPath: "/d.sock" });
    expect(error).toMatchObject({ kind: "environment", message: expect.stringContaining("/d.sock") });
    expect(error.message).toMatch(/no permission/);
    expect(error.hint).toMatch(/root/);
  });

  test("is far away and does not answer", async () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 192.0.2.1:2376"), { code: "ECONNREFUSED" });
    const error = await daemonError(refused, { url: "tcp://192.0.2.1:2376" });
    expect(error.message).toMatch(/no Docker daemon answers at tcp:\/\/192\.0\.2\.1:2376/);
  });

  test("broke off in the middle", async () => {
    const path = join(folder, "hangs-up.sock");
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await expect(ping(path)).rejects.toMatchObject({ kind: "engine" });
    server.close();
  });

  test("refuses in its own words", async () => {
    const refusal = Object.assign(new Error("(HTTP code 409) unexpected - in use"), {
      statusCode: 409,
      json: { message: "You cannot remove a running container" },
    });
    const error = await daemonError(refusal, { url: "unix:///d.sock", socketPath: "/d.sock" });
    expect(error).toMatchObject({ kind: "engine", message: "Docker: You cannot remove a running container" });
  });

  test("passes errors of ours on", async () => {
    const ours = new AppError("conflict", "ours");
    expect(await daemonError(ours, { url: "unix:///d.sock", socketPath: "/d.sock" })).toBe(ours);
  });
});
