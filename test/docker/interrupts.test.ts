import { access, chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCli } from "../support/cli.ts";
import { type DockerCliHome, dockerCliHome, dockerEnv } from "../support/docker-cli-home.ts";
import { readEnvelope } from "../support/schemas.ts";

let home: DockerCliHome;

beforeAll(async () => {
  home = await dockerCliHome();
});
afterAll(() => home?.dispose());

/** A PATH on which compose takes its time over `up`, and leaves a file when it has begun. */
async function slowCompose(): Promise<{ PATH: string; begun: () => Promise<boolean> }> {
  const [folder, mark] = [join(home.folder, "slow"), join(home.folder, "begun")];
  await mkdir(folder);
  for (const program of ["docker", "docker-compose"]) {
    const { stdout: real, failed } = await execa("which", [program], { reject: false });
    if (failed) continue;
    const script = `#!/bin/sh\ncase " $* " in *" up "*) touch '${mark}'; sleep 2;; esac\nexec '${real}' "$@"\n`;
    await writeFile(join(folder, program), script);
    await chmod(join(folder, program), 0o755);
  }
  const begun = () =>
    access(mark).then(
      () => true,
      () => false,
    );
  return { PATH: `${folder}:${process.env.PATH}`, begun };
}

it("Ctrl-C while compose replaces a container reaches neither it nor the revocation", async () => {
  const [alice, bob] = [await home.add("alice"), await home.add("bob")];
  const { PATH, begun } = await slowCompose();
  const args = ["remove-user", "alice", "--yes", "--json"];
  // A shell gives a job a process group of its own, and Ctrl-C goes to all of it.
  const child = startCli(args, { home: home.home, env: { ...dockerEnv, PATH }, within: ["setsid"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => {
    stdout += piece;
  });
  child.stderr.on("data", (piece) => {
    stderr += piece;
  });
  const ended = new Promise((end) => child.once("close", end));
  await expect.poll(begun, { timeout: 30_000, interval: 20 }).toBe(true);
  process.kill(-Number(child.pid), "SIGINT");
  expect(await ended, stdout + stderr).toBe(0);
  expect(stderr).toContain("finishing what was begun");
  expect(readEnvelope(stdout, args.join(" "))).toMatchObject({ ok: true, data: { revoked: true } });
  const works = async (link: string) => (await home.mtproxy("verify", link)).code === 0;
  expect([await works(alice.link), await works(bob.link)]).toEqual([false, true]);
});
