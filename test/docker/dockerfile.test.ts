import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerHome } from "../support/docker.ts";
import { proxyImage, testLabel } from "../support/docker-image.ts";

const built = "familytraffic-test:dockerfile";
const source = resolve(import.meta.dirname, "../../docker");

describe("docker/Dockerfile", () => {
  let folder: string;
  let base: string;

  beforeAll(async () => {
    base = await proxyImage();
    folder = join(await mkdtemp(join(tmpdir(), "mtproxy-dockerfile-")), "docker");
    await cp(source, folder, { recursive: true });
  });
  afterAll(async () => {
    await rm(join(folder, ".."), { recursive: true, force: true });
    await execa("docker", ["rmi", "-f", built], { reject: false });
  });

  function build() {
    const args = ["--build-arg", `BASE=${base}`, "--build-arg", "PACKAGES=", "--label", testLabel];
    return execa("docker", ["build", ...args, "--tag", built, folder], {
      env: { DOCKER_BUILDKIT: "0" },
      all: true,
      reject: false,
    });
  }

  test("puts a given binary on a base image, fit for every link", async () => {
    const home = await dockerHome();
    const { binary } = await home.engine.probeImage(base);
    await takeOut(base, binary, join(folder, "mtproto-proxy"));
    const { exitCode, all } = await build();
    expect([exitCode, exitCode === 0 ? "" : all]).toEqual([0, ""]);
    const verdict = await home.engine.probeImage(built);
    expect(verdict).toMatchObject({ binary: "/usr/local/bin/mtproto-proxy", httpStats: true, fakeTls: true });
    const { Config } = await new Docker().getImage(built).inspect();
    expect(Config.User).toBe("10001:10001");
    expect(Config.Entrypoint).toEqual(["/bin/sh", "/familytraffic/scripts/entrypoint.sh", "/familytraffic/shard"]);
    await home.dispose();
  });

  test("refuses a binary that does not run on the base", async () => {
    await cp(join(source, "stats.sh"), join(folder, "mtproto-proxy"));
    const { exitCode, all } = await build();
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/does not run on this base image/);
  });
});

async function takeOut(image: string, path: string, target: string): Promise<void> {
  const { stdout } = await execa("docker", ["create", "--label", testLabel, image]);
  const id = stdout.trim();
  try {
    await execa("docker", ["cp", `${id}:${path}`, target]);
  } finally {
    await execa("docker", ["rm", "-f", id]);
  }
}
