import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { datacenterFlags } from "../support/cli-home.ts";
import { type DockerCliHome, dockerCliHome } from "../support/docker-cli-home.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";

let home: DockerCliHome;
let datacenter: Datacenter;
let alice: string;

beforeEach(async () => {
  [home, datacenter] = [await dockerCliHome(), await startDatacenter()];
  alice = (await home.add("alice")).link;
});
afterEach(async () => {
  await home?.mtproxy("setup", "--engine", "trial");
  await home?.mtproxy("stop");
  await home?.dispose();
  await datacenter?.close();
});

const works = async (link: string) => (await home.mtproxy("verify", link)).code === 0;
const toTrial = (...flags: string[]) => ["setup", "--engine", "trial", ...datacenterFlags(datacenter), ...flags];

describe("setup of a home on Docker with the trial engine", () => {
  it("ends its containers and serves the same links, and back", async () => {
    const [before] = await home.containers();
    const dry = await home.mtproxy(...toTrial("--dry-run"));
    expect(dry).toMatchObject({ code: 0, json: { data: { replaces: "docker", running: false } } });
    expect(await home.containers()).toEqual([before]);

    const changed = await home.mtproxy(...toTrial());
    expect(changed.code, changed.stdout).toBe(0);
    expect(changed.json).toMatchObject({ data: { replaces: "docker", running: true }, warnings: [] });
    expect(await home.containers()).toEqual([]);
    expect([...(await home.renderedFiles()).keys()]).toEqual(["trial.json"]);
    expect(await works(alice)).toBe(true);

    const back = await home.mtproxy("setup", "--engine", "docker");
    expect(back.code, back.stdout).toBe(0);
    expect(back.json).toMatchObject({ data: { replaces: "trial" }, warnings: [] });
    expect(await home.containers()).toMatchObject([{ port: before?.port, running: true }]);
    expect([...(await home.renderedFiles()).keys()]).not.toContain("trial.json");
    expect(await works(alice)).toBe(true);
  });

  it("while Docker is down says that the containers may still run, and what ends them does", async () => {
    const down = { env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" } };
    // As if the daemon had gone down with its containers, whose port is free then.
    const port = String(home.port + 60);
    const changed = await home.run([...toTrial("--port", port), "--json"], down);
    expect(changed.code, changed.stdout).toBe(0);
    expect(changed.json.data).toMatchObject({ replaces: null, running: true });
    expect(changed.json.warnings.join("\n")).toMatch(
      /ITS CONTAINERS MAY STILL RUN AND LET IN EVERYBODY WHO HAD A LINK/,
    );
    expect(await works(alice)).toBe(true);
    expect((await home.mtproxy("status")).json.warnings.join("\n")).toContain("mtproxy apply ends it");

    expect((await home.mtproxy("remove-user", "alice", "--yes")).code).toBe(0);
    expect(await home.containers()).toEqual([]);
    expect(await works(alice)).toBe(false);
    expect((await home.mtproxy("status")).json.warnings).toEqual([]);
  });
});
