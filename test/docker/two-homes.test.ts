import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareDockerHome, type DockerCliHome, dockerCliHome } from "../support/docker-cli-home.ts";

let first: DockerCliHome;
let second: DockerCliHome;

beforeAll(async () => {
  // Making a home sweeps what killed test runs left, so the one with containers comes last.
  second = await bareDockerHome();
  first = await dockerCliHome();
  await first.add("alice");
  const setup = await second.setUp();
  expect([setup.code, setup.json.data]).toEqual([5, expect.objectContaining({ running: false })]);
});
afterAll(async () => {
  await second?.dispose();
  await first?.dispose();
});

describe("on a Docker where another home's containers are", () => {
  it.each([
    [["status"]],
    [["plan"]],
    [["apply"]],
    [["start"]],
    [["stop"]],
    [["restart"]],
    [["setup"]],
    [["add-user", "bob"]],
  ])("%j says whose they are and where, and touches none", async (command) => {
    const before = await first.containers();
    const { code, json } = await second.mtproxy(...command);
    expect(code).toBe(5);
    expect(json).toMatchObject({ ok: false, error: { kind: "conflict" } });
    expect(json.error?.message).toContain(
      `the container familytraffic-mtproxy belongs to another home, rendered in ${first.path("mtproxy")}`,
    );
    expect(json.error?.hint).toContain(`mtproxy --home ${first.home}`);
    expect(await first.containers()).toEqual(before);
  });

  it("status shows none of them as its own", async () => {
    const { json } = await second.mtproxy("status");
    expect(json.data).toMatchObject({ active_connections: 0, pending: null });
    for (const { condition } of (json.data as { shards: { condition: string }[] }).shards)
      expect(condition).toBe("missing");
  });

  it("the first home goes on as ever", async () => {
    expect((await first.mtproxy("verify")).json.data).toMatchObject({ working: 1, failing: 0 });
    expect((await first.mtproxy("status")).code).toBe(0);
    expect((await first.mtproxy("restart")).code).toBe(0);
  });
});
