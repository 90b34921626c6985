import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { isRoot } from "../support/machine.mts";
import { readEnvelope } from "../support/schemas.ts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { tempFolder } from "../support/temp-home.ts";
import { freePort } from "../support/trial.ts";

async function bareHome() {
  const folder = await tempFolder();
  const home = join(folder, "home");
  return {
    folder,
    home,
    run: (args: readonly string[], env: Record<string, string> = {}) => runCli(args, { home, env }),
    settings: async () =>
      JSON.parse(await readFile(join(home, "config/mtproxy/mtproxy_config.json"), "utf8")) as Record<string, unknown>,
    answers: async (content: unknown) => {
      const path = join(folder, "answers.json");
      await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
      return path;
    },
  };
}

describe("without a terminal", () => {
  test("an image file that is not there is refused before anything is written", async () => {
    const { home, run, answers } = await bareHome();
    const file = await answers({ public_host: "proxy.example", image_file: "/nonexistent/image.tar" });
    const { code, stderr } = await run(["setup", "--answers", file]);
    expect([code, stderr]).toEqual([4, "✗ there is no image file /nonexistent/image.tar\n"]);
    await expect(stat(home)).rejects.toThrow("ENOENT");
  });

  test("variables answer what flags do not, an answers file comes between", async () => {
    const { run, settings, answers } = await bareHome();
    const file = await answers({ port: 2222, workers: 1, default_mode: "plain" });
    const env = {
      MTPROXY_PUBLIC_HOST: "proxy.example",
      MTPROXY_PORT: "1111",
      MTPROXY_WORKERS: "3",
      MTPROXY_ENGINE: "trial",
    };
    const { code, stderr } = await run(["setup", "--no-start", "--answers", file, "--workers", "2"], env);
    expect(code, stderr).toBe(0);
    const written = { public_host: "proxy.example", port: 2222, workers: 2, default_mode: "plain", engine: "trial" };
    expect(await settings()).toMatchObject(written);
  });

  test("a whole server comes out of an answers file, and a result file that only its owner reads", async () => {
    const { folder, run, answers } = await bareHome();
    const datacenter = await startDatacenter();
    onTestFinished(async () => {
      await run(["stop"]);
      await datacenter.close();
    });
    const ids = [1, 2, 3, 4, 5].map((id) => [id, `${datacenter.host}:${datacenter.port}`]);
    const file = await answers({
      ...{ engine: "trial", public_host: "127.0.0.1", port: await freePort(), first_user: "alice" },
      ...{ users_lock: join(folder, "lock"), trial_datacenters: Object.fromEntries(ids), firewall: false },
    });
    const result = join(folder, "result.json");
    const { code, stdout } = await run(["setup", "--answers", file, "--result", result]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^✓ MTProxy running on port/)]);
    expect((await stat(result)).mode & 0o777).toBe(0o600);
    const kept = readEnvelope(await readFile(result, "utf8"), "setup --result");
    expect(kept).toMatchObject({
      schema: "mtproxy/setup/1",
      ok: true,
      data: { running: true, first_user: { username: "alice" } },
    });
    const { first_user } = kept.data as { first_user: { link: string } };
    expect((await run(["verify", first_user.link])).code).toBe(0);
  });

  test("the result file tells a failure too", async () => {
    const { folder, run } = await bareHome();
    const result = join(folder, "result.json");
    const { code } = await run(["setup", "--no-start", "--public-host", "a b", "--result", result]);
    expect(code).toBe(3);
    const kept = readEnvelope(await readFile(result, "utf8"), "setup --result");
    expect(kept).toMatchObject({ ok: false, error: { kind: "invalid" } });
  });

  test("a result that cannot be written is a failure", async () => {
    const { run } = await bareHome();
    const flags = ["--no-start", "--public-host", "proxy.example", "--result", "/proc/result.json"];
    const { code, json } = await run(["setup", ...flags, "--json"]);
    expect([code, json.ok, json.error?.message]).toEqual([6, false, expect.stringContaining("/proc/result.json")]);
  });

  test.each([
    ["{", "is not one JSON object"],
    ["[]", "is not one JSON object"],
    [{ colour: "blue" }, 'answers "colour", which setup does not ask'],
    [{ port: 70000 }, 'port: "70000" is not a port'],
    [{ public_host: "http://x" }, "public_host:"],
    [{ first_user: "../x" }, "is not a user name"],
    [{ firewall: "perhaps" }, "firewall is true or false"],
    [{ engine: "podman" }, "engine is docker or trial"],
    [{ proxy_tag: "@channel" }, "proxy_tag:"],
  ])("answers %j are refused, and nothing is written", async (content, says) => {
    const { run, settings, answers } = await bareHome();
    const { code, stderr } = await run(["setup", "--no-start", "--answers", await answers(content)]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(says)]);
    await expect(settings()).rejects.toThrow("ENOENT");
  });

  test("a variable that cannot be is refused by its name; others of ours are no answers", async () => {
    const { run } = await bareHome();
    const { code, stderr } = await run(["setup", "--no-start"], {
      MTPROXY_PUBLIC_HOST: "x.example",
      MTPROXY_PORT: "http",
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining("MTPROXY_PORT: port:")]);
    const other = await run(["setup", "--no-start"], { MTPROXY_PUBLIC_HOST: "x.example", MTPROXY_TESTS: "all" });
    expect(other.code).toBe(0);
  });

  test.runIf(isRoot)("with no address of its own it says which answer is missing and how to give it", async () => {
    const { home } = await bareHome();
    // A network namespace with nothing but loopback.
    const { code, stdout, stderr } = await runCli(["setup", "--no-start"], {
      home,
      within: ["unshare", "--net", "--"],
    });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("these answers are missing: public_host (--public-host HOST, MTPROXY_PUBLIC_HOST, or");
    expect(stderr).toContain("mtproxy setup --public-host YOUR.SERVER");
  });
});

describe("vless-mtproxy-setup and vless-mtproxy-uninstall", () => {
  test("are the two commands", async () => {
    const { home, settings } = await bareHome();
    const flags = ["--no-start", "--public-host", "proxy.example"];
    expect((await runCli(flags, { home, program: "vless-mtproxy-setup" })).code).toBe(0);
    expect(await settings()).toMatchObject({ public_host: "proxy.example" });
    expect((await runCli(["--purge", "--yes"], { home, program: "vless-mtproxy-uninstall" })).code).toBe(0);
    await expect(stat(home)).rejects.toThrow("ENOENT");
  });
});
