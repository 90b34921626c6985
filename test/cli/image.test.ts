import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { cliHome } from "../support/cli-home.ts";
import { tempFolder } from "../support/temp-home.ts";

/** A folder to look for programs in, with nothing but what every command needs. */
async function withoutDocker(): Promise<Record<string, string>> {
  const bin = await tempFolder();
  await writeFile(join(bin, "flock"), '#!/bin/sh\nexec /usr/bin/flock "$@"\n', { mode: 0o755 });
  return { PATH: bin, DOCKER_HOST: `unix://${bin}/docker.sock` };
}

describe("image probe", () => {
  test("without Docker says what is missing and how to get it, with exit code 6", async () => {
    const home = await tempFolder();
    const { code, json } = await runCli(["image", "probe", "mtproxy:x", "--json"], {
      home,
      env: await withoutDocker(),
    });
    expect(code).toBe(6);
    expect(json).toMatchObject({
      schema: "mtproxy/image-probe/1",
      ok: false,
      data: null,
      error: { kind: "environment" },
    });
    expect(json.error?.message).toMatch(/Docker/);
    expect(json.error?.hint).toMatch(/install|docs\.docker\.com|systemctl|service docker start/);
  });

  test("with something else at Docker's socket says so, with exit code 7", async () => {
    const folder = await tempFolder();
    const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((up) => server.listen(join(folder, "docker.sock"), up));
    onTestFinished(() => void server.close());
    const env = { ...(await withoutDocker()), DOCKER_HOST: `unix://${folder}/docker.sock` };
    const { code, json } = await runCli(["image", "probe", "mtproxy:x", "--json"], { home: folder, env });
    expect([code, json.error?.kind]).toEqual([7, "engine"]);
    expect(json.error?.message).toContain(`unix://${folder}/docker.sock answers with HTTP 400 and no word`);
  });

  test.each(["a b", "$(id)", "../x", ""])("of %j is refused before Docker is asked", async (name) => {
    const options = { home: await tempFolder(), env: await withoutDocker() };
    const { code, stderr } = await runCli(["image", "probe", name], options);
    expect([code, stderr]).toEqual([3, expect.stringContaining("is not the name of an image")]);
    expect(await runCli(["image", "probe", "-x"], options)).toMatchObject({ code: 2 });
  });

  test("of a home on the trial engine asks Docker all the same: it is there to choose an image with", async () => {
    const { run } = await cliHome("--no-start");
    const { code, json } = await run(["image", "probe", "--json"], { env: await withoutDocker() });
    expect([code, json.error?.message]).toEqual([6, expect.stringMatching(/Docker/)]);
  });
});

describe("setup for Docker where there is none", () => {
  test("keeps the settings and everybody who is added, says that nothing is live, and ends with 6", async () => {
    const home = join(await tempFolder(), "home");
    const env = await withoutDocker();
    const run = (...args: string[]) => runCli([...args, "--json"], { home, env });
    const setup = await run("setup", "--public-host", "203.0.113.7", "--users-lock", `${home}.lock`);
    expect(setup.code).toBe(6);
    expect(setup.json).toMatchObject({ ok: false, data: { running: false, settings: { public_host: "203.0.113.7" } } });
    expect(setup.json.error?.message).toMatch(/^the settings are saved, but no proxy runs: .*Docker/);

    const added = await run("add-user", "alice", "--fake-tls");
    expect(added.code).toBe(6);
    expect(added.json).toMatchObject({ ok: false, data: { username: "alice", added: true, mode: "fake-tls" } });
    expect(added.json.error?.message).toMatch(/^alice is saved, but the link does not work yet/);

    expect((await run("list-users")).json.data).toMatchObject({ users: [{ username: "alice", enabled: true }] });
    const { link } = added.json.data as { link: string };
    expect((await run("show", "alice")).json).toMatchObject({ ok: true, data: { link } });
    expect(await run("status")).toMatchObject({ code: 6 });
    expect((await run("plan")).json).toMatchObject({
      data: {
        shards: expect.arrayContaining([
          expect.objectContaining({ family: "fake-tls", assigned_slots: 1, spare_slots: 15 }),
        ]),
      },
    });

    const disabled = await run("disable-user", "alice");
    expect(disabled.code).toBe(6);
    expect(disabled.json.error?.message).toContain("BUT STILL HAS ACCESS");
    const removed = await run("remove-user", "alice", "--yes");
    expect(removed.code).toBe(6);
    expect(removed.json).toMatchObject({ data: { removed: "record", revoked: false } });
    expect((await run("list-users")).json.data).toMatchObject({ users: [] });
    for (const command of ["apply", "start", "stop", "restart"])
      expect([command, (await run(command)).code]).toEqual([command, 6]);
  });
});
