import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { RELAY_NAME } from "../../src/domain/relay.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { dockerEnv } from "../support/docker-cli-home.ts";
import { baseImage, haproxyImage } from "../support/docker-image.ts";
import { NamedPeer, Visitor } from "../support/edge/peer.ts";
import { tempFolder } from "../support/temp-home.ts";

const relay = (home: string, ...words: string[]): Promise<CliResult> =>
  runCli(["relay", ...words, "--json"], { home, env: dockerEnv });

const containers = async () =>
  (await execa("docker", ["ps", "--all", "--format", "{{.Names}} {{.ID}}"])).stdout
    .split("\n")
    .filter((line) => line.startsWith(`${RELAY_NAME} `));

afterAll(() => execa("docker", ["rm", "--force", RELAY_NAME], { reject: false }));

describe("a relay of this machine", () => {
  it("runs with relay start, tells with relay status how it is, and goes with relay stop; takes a change over while somebody is connected", async () => {
    const home = await tempFolder();
    const folder = join(home, "relay");
    const [first, second] = [await NamedPeer.start("first"), await NamedPeer.start("second")];
    const [port, other] = [await freePort(), await freePort()];
    const to = (peer: NamedPeer) => ["--to", `127.0.0.1:${peer.port}`];
    const image = ["--image", await haproxyImage("3.0")];

    const started = await relay(home, "start", ...to(first), "--port", String(port), ...image);
    expect(started.json, started.stderr).toMatchObject({
      ok: true,
      data: { folder, ports: [port], running: true, changed: true, targets: [{ host: "127.0.0.1", port: first.port }] },
      warnings: [],
    });
    const held = new Visitor(port);
    expect(await held.say(Buffer.from("hello"))).toBe("first");
    const made = await containers();
    expect((await relay(home, "start")).json.data).toMatchObject({ changed: false });

    const changed = await relay(home, "start", ...to(second), "--port", String(port), "--port", String(other));
    expect(changed.json, changed.stderr).toMatchObject({ ok: true, data: { ports: [port, other], changed: true } });
    expect(await containers()).toEqual(made);
    expect(await held.say(Buffer.from("still here"))).toBe("first");
    for (const place of [port, other]) expect(await new Visitor(place).say(Buffer.from("hello"))).toBe("second");
    const { stdout } = await execa("docker", ["top", RELAY_NAME, "-eo", "uid,pid,args"]);
    expect(stdout.split("\n").filter((line) => /^ *0 .*haproxy/.test(line))).toHaveLength(1);

    expect(await relay(home, "start", "--port", String(first.port))).toMatchObject({
      code: 6,
      stdout: expect.stringContaining("is taken"),
    });
    expect((await relay(home, "start", ...to(first), "--folder", join(home, "another"))).code).toBe(5);
    await expect(stat(join(home, "another"))).rejects.toThrow("ENOENT");
    expect((await relay(home, "status")).json.data).toMatchObject({ running: true, targets: [{ up: true }] });
    await second.stop();
    await expect.poll(async () => (await relay(home, "status")).code).toBe(9);

    expect((await relay(home, "stop")).json.data).toEqual({ folder, changed: true, purged: false });
    expect(await containers()).toEqual([]);
    expect((await relay(home, "status")).code).toBe(9);
    expect((await relay(home, "stop", "--purge")).json.data).toEqual({ folder, changed: false, purged: true });
    expect((await relay(home, "status")).code).toBe(4);
  });

  it("leaves nothing behind when its HAProxy does not start, and no file of somebody else's is touched", async () => {
    const home = await tempFolder();
    const port = ["--to", "127.0.0.1:9", "--port", String(await freePort())];
    const failed = await relay(home, "start", ...port, "--image", await baseImage());
    expect(failed.json, failed.stderr).toMatchObject({ ok: false, error: { kind: "engine" } });
    await expect(stat(join(home, "relay"))).rejects.toThrow("ENOENT");
    await writeFile(join(home, ".env"), "MTPROXY_PROXY_TAG=theirs\n");
    const [start, render] = [
      await relay(home, "start", ...port, "--folder", home),
      await relay(home, "render", ...port, "--folder", home),
    ];
    for (const { json } of [start, render])
      expect(json).toMatchObject({
        ok: false,
        error: { kind: "conflict", message: expect.stringContaining(".env is no relay's") },
      });
    expect(await readdir(home)).toEqual([".env"]);
    expect(await readFile(join(home, ".env"), "utf8")).toBe("MTPROXY_PROXY_TAG=theirs\n");
  });

  it("is the same one for whoever types compose in its folder", async () => {
    const home = await tempFolder();
    const folder = join(home, "relay");
    const [peer, port] = [await NamedPeer.start("peer"), await freePort()];
    const words = ["--to", `127.0.0.1:${peer.port}`, "--port", String(port), "--image", await haproxyImage("2.6")];
    expect((await relay(home, "render", ...words, "--folder", folder)).code).toBe(0);
    await execa("docker", ["compose", "up", "--detach"], { cwd: folder });
    await expect.poll(() => new Visitor(port).say(Buffer.from("hello"))).toBe("peer");
    expect((await relay(home, "status")).json.data).toMatchObject({
      running: true,
      version: expect.stringMatching(/^2\.6/),
    });
    expect((await relay(home, "stop")).json.data).toMatchObject({ changed: true });
  });
});
