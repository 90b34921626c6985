import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import { deployment, paddedShard } from "../support/deployment.ts";
import { dockerHome, testProject } from "../support/docker.ts";
import { type Registry, startRegistry } from "../support/registry.ts";

const docker = new Docker();
const steps: string[] = [];
let registry: Registry;
const engine = createDockerEngine({
  rendered: "/nonexistent",
  record: { read: async () => ({}), update: async () => {} },
  progress: { step: (text) => void steps.push(text) },
  project: testProject,
});

beforeAll(async () => {
  registry = await startRegistry([
    { name: "proxy", architecture: "amd64" },
    { name: "arm", architecture: "arm64" },
    { name: "locked", architecture: "amd64", locked: true },
  ]);
});
afterAll(async () => {
  registry?.close();
  for (const { Id, RepoDigests = [] } of await docker.listImages()) {
    const ours = RepoDigests?.some((digest) => digest.startsWith(registry.host)) === true;
    if (ours) await docker.getImage(Id).remove({ force: true });
  }
});

describe("an image from a registry", () => {
  test("is pulled once, and known by its digest from then on", async () => {
    const verdict = await engine.probeImage(`${registry.host}/proxy:1`);
    expect(steps).toEqual([`pulling ${registry.host}/proxy:1`]);
    expect(verdict.digest).toMatch(new RegExp(`^${registry.host}/proxy@sha256:[0-9a-f]{64}$`));
    const asked = registry.requests.length;
    expect(await engine.probeImage(`${registry.host}/proxy:1`)).toEqual(verdict);
    expect(await engine.probeImage(verdict.digest ?? "")).toMatchObject({ imageId: verdict.imageId });
    expect(registry.requests.length).toBe(asked);
    expect(steps).toHaveLength(1);
  });

  test("runs by that digest without asking the registry again", async () => {
    const image = await engine.probeImage(`${registry.host}/proxy:1`);
    const home = await dockerHome();
    const asked = registry.requests.length;
    try {
      const settings = { ...deployment().settings, image: image.image };
      const targets = await home.write({ shards: [paddedShard], settings, engineRecord: { image } });
      await expect(home.engine.up(targets, [])).rejects.toMatchObject({ kind: "engine" });
      const { Config } = await docker.getContainer("familytraffic-mtproxy").inspect();
      expect(Config.Image).toBe(image.digest);
      expect(registry.requests.length).toBe(asked);
    } finally {
      await home.dispose();
    }
  });

  test("without a shell is unusable, and the verdict says what would help", async () => {
    const { verdict, reasons } = await engine.probeImage(`${registry.host}/proxy:1`);
    expect(verdict).toBe("unusable");
    expect(reasons.join()).toMatch(/no \/bin\/sh.*Dockerfile/);
  });

  test.each<[string, RegExp, RegExp]>([
    ["nothing:1", /there is no image .*nothing:1/, /check the name/],
    ["locked:1", /refuses to hand out|there is no image/, /docker login/],
    ["arm:1", /no amd64 build|for arm64 processors/, /x86-64|fit/],
  ])("that cannot be had says why: %s", async (name, message, hint) => {
    const error = engine.probeImage(`${registry.host}/${name}`);
    await expect(error).rejects.toMatchObject({
      kind: "environment",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
