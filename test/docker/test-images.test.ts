import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { binaryPaths, standInImage, sweepDocker, telegramImage, testLabel } from "../support/docker-image.ts";

/** This file's own, so that it sweeps nobody else's. */
const label = `familytraffic.test-images=${process.pid}`;
const labels = ["--label", label, "--label", testLabel];
const hardened = ["--user", "10001:10001", "--cap-drop", "ALL", "--read-only", "--security-opt", "no-new-privileges"];

const docker = async (...args: string[]): Promise<string> =>
  (await execa("docker", args, { all: true, reject: false })).all.trim();
const run = (image: string, entrypoint: string, ...args: string[]): Promise<string> =>
  docker("run", "--rm", ...labels, ...hardened, "--entrypoint", entrypoint, image, ...args);

afterAll(() => sweepDocker(label));

describe("an image of the stand-in", () => {
  it("passes for the build it was made as, where that build's image has its binary", async () => {
    const official = await standInImage({ build: "official-2019" });
    expect(await run(official, binaryPaths.official, "--help")).toContain("mtproxy-0.01 compiled at");
    const fork = await standInImage({ build: "getpagespeed" });
    expect(await run(fork, binaryPaths.getpagespeed, "--help")).toContain("--random-padding-only/-R");
  });

  it("has an entrypoint of its own that must not run", async () => {
    const image = await standInImage();
    const { exitCode, stderr } = await execa("docker", ["run", "--rm", ...labels, image], { reject: false });
    expect({ exitCode, stderr }).toEqual({ exitCode: 64, stderr: "the image's own entrypoint ran" });
  });

  it("has no bash, curl or wget when it is bare, and works all the same", async () => {
    const image = await standInImage({ bare: true });
    for (const program of ["bash", "curl", "wget"]) {
      expect(await run(image, "/bin/sh", "-c", `command -v ${program} || echo none`)).toBe("none");
    }
    expect(await run(image, binaryPaths.getpagespeed, "--help")).toContain("mtproxy-3.0.5");
  });
});

describe("Telegram's side in a container", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "familytraffic-telegram-"));
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("makes a proxy on the same network ready", async () => {
    const network = `familytraffic-test-${process.pid}`;
    await docker("network", "create", ...labels, network);
    const start = (...args: string[]) => docker("run", "-d", ...labels, "--network", network, ...args);
    const telegram = await start(await telegramImage(), "--folder", "/tmp/telegram", "--targets", "2");
    await expect.poll(() => docker("logs", telegram), { timeout: 20_000 }).toContain('"ready":true');
    await docker("cp", `${telegram}:/tmp/telegram/.`, folder);
    const proxy = await start(
      ...[...hardened, "-v", `${folder}:/telegram:ro`, "--entrypoint", binaryPaths.getpagespeed, await standInImage()],
      ...["--aes-pwd", "/telegram/proxy-secret", "-c", "500", "-p", "8888", "--http-stats", "-H", "443"],
      "/telegram/proxy-multi.conf",
    );
    const page = () => docker("exec", proxy, "curl", "-s", "http://127.0.0.1:8888/stats");
    await expect.poll(page, { timeout: 20_000 }).toContain("total_ready_targets\t2");
  });
});

describe("what tests leave in the engine", () => {
  it("is found by its label and swept, and nothing else", async () => {
    const other = `${label}-other`;
    const image = await standInImage();
    const mine = await docker("create", ...labels, image, "x");
    const foreign = await docker("create", "--label", other, image, "x");
    await sweepDocker(label);
    const left = await docker("ps", "-aq", "--no-trunc");
    expect(left).not.toContain(mine);
    expect(left).toContain(foreign);
    await sweepDocker(other);
    expect(await docker("ps", "-aq", "--no-trunc")).not.toContain(foreign);
  });
});
