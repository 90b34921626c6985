import { stat } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { UserCardJson } from "../support/cli-home.ts";
import { bareDockerHome, type DockerCliHome, ourLabel } from "../support/docker-cli-home.ts";

const TAG = "7f00000000000000000000000000007f";

let home: DockerCliHome;
beforeEach(async () => {
  home = await bareDockerHome();
});
afterEach(() => home?.dispose());

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;
const networks = async () => (await new Docker().listNetworks({ filters: ourLabel })).length;

it("one command sets up proxy, tag and first user; uninstall ends it, setup brings the link back, --purge leaves nothing", async () => {
  const setup = await home.setUp("--first-user", "alice", "--proxy-tag", TAG);
  expect(setup.code, setup.stdout).toBe(0);
  const { link } = (setup.json.data as { first_user: UserCardJson }).first_user;
  expect((await home.mtproxy("verify", link)).code).toBe(0);
  const shown = await home.mtproxy("show-promoted-channel");
  expect(shown.json.data).toMatchObject({ proxy_tag: TAG, live: true });

  const ended = await home.mtproxy("uninstall", "--yes");
  expect(ended.code, ended.stdout).toBe(0);
  expect(ended.json.data).toMatchObject({
    done: true,
    proxies: [{ engine: "docker", names: ["familytraffic-mtproxy"] }],
  });
  expect([await home.containers(), await networks()]).toEqual([[], 0]);
  expect((await home.mtproxy("verify", link)).code).toBe(9);

  expect((await home.mtproxy("setup", "--port", String(home.port))).code).toBe(0);
  expect((await home.mtproxy("verify", link)).code).toBe(0);

  const purged = await home.mtproxy("uninstall", "--purge", "--yes");
  expect(purged.code, purged.stdout).toBe(0);
  expect([await home.containers(), await networks()]).toEqual([[], 0]);
  expect([await exists(home.home), await exists(join(home.folder, "users.lock"))]).toEqual([false, false]);
});

it("while Docker is down says that the containers may still run and how to end them, and another run ends them", async () => {
  expect((await home.setUp()).code).toBe(0);
  const env = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
  const down = await home.run(["uninstall", "--yes", "--json"], { env });
  expect(down).toMatchObject({ code: 6, json: { ok: false, data: { proxies: [{ engine: "docker", names: null }] } } });
  expect(down.json.error?.message).toContain("CONTAINERS OF THIS HOME MAY STILL RUN AND LET PEOPLE IN");
  expect(await home.containers()).toHaveLength(1);
  expect((await home.mtproxy("uninstall", "--yes")).code).toBe(0);
  expect(await home.containers()).toEqual([]);
});
