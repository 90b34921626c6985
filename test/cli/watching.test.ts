import { appendFile, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { startCli } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { watchOnTerminal } from "../support/run-source.ts";
import { connectClient } from "../support/trial-client.ts";

const home = sharedCliHome();
const bin = new URL("../../bin/familytraffic-mtproxy", import.meta.url).pathname;
const log = () => home().path("logs/mtproxy/trial-server.log");

/** The live picture in a terminal of its own, whose settings are printed before and after. */
function watchLive(env: Readonly<Record<string, string>> = {}) {
  const command = `sh -c 'stty rows 40 columns 120; stty -a; ${process.execPath} ${bin} stats --live; echo "code $?"; stty -a'`;
  return watchOnTerminal([command], { FAMILYTRAFFIC_HOME: home().home, ...env });
}

/** What `stty -a` printed before and after. */
function settingsIn(output: string): string[] {
  return [...output.matchAll(/speed \d+ baud[\s\S]*?-extproc/g)].map(([settings]) => settings);
}

describe("stats", () => {
  test("tells the proxy's figures and each person's, for people and programs", async () => {
    const alice = await home().add("alice");
    const client = await connectClient({ port: home().port, key: parseLink(alice.link).secret.key });
    await client.ask();
    const { code, stdout } = await home().mtproxy("stats");
    const { json } = await home().mtproxy("stats", "--json");
    client.socket.destroy();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MTProxy statistics:\n {2}Active connections: [1-9]/);
    expect(stdout).toMatch(new RegExp(`│ 1 {5}│ ${home().port} │ [1-9]`));
    expect(stdout).toMatch(/│ alice {4}│ 1 +│/);
    expect(json).toMatchObject({
      schema: "mtproxy/stats/1",
      ok: true,
      data: {
        engine: "trial",
        active_connections: expect.any(Number),
        shards: [{ shard_id: 1, running: true, port: home().port, ready_targets: expect.any(Number) }],
        users: [
          { username: "alice", active_connections: 1, bytes_in: expect.any(Number), last_seen: expect.any(String) },
        ],
        users_note: null,
      },
    });
  });

  test("of a proxy that is stopped are none, with exit code 9 and the way to start it", async () => {
    await home().mtproxy("stop");
    const { code, stdout, stderr } = await home().mtproxy("stats");
    const { json } = await home().mtproxy("stats", "--json");
    await home().mtproxy("start");
    expect([code, stderr]).toEqual([9, "✗ the proxy does not run\n  mtproxy start\n"]);
    expect(stdout).toMatch(/│ stopped │ - /);
    expect(json).toMatchObject({ ok: false, data: { shards: [{ active_connections: null, bytes_in: null }] } });
  });

  test("--live is refused without a terminal and with --json, naming what works", async () => {
    const { code, stdout, stderr } = await home().mtproxy("stats", "--live");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("mtproxy stats shows the figures once");
    expect((await home().mtproxy("stats", "--live", "--json")).json).toMatchObject({
      ok: false,
      error: { kind: "usage", hint: expect.stringContaining("without --live") },
    });
  });
});

describe("stats --live on a terminal", () => {
  test("draws the figures again, and q leaves the terminal as it was", async () => {
    const live = watchLive();
    await live.until("q quits");
    await home().add("newcomer");
    await live.until("newcomer");
    live.child.stdin.write("q");
    await live.until("code 0");
    await live.ended;
    const output = live.output();
    const [before, after] = settingsIn(output);
    expect(after).toBe(before);
    expect(before).toContain("icanon");
    expect(output.indexOf("\x1b[?1049h")).toBeLessThan(output.indexOf("MTProxy statistics"));
    expect(output.slice(output.lastIndexOf("MTProxy statistics"))).toMatch(/\x1b\[\?25h\x1b\[\?1049l\s*code 0/);
  });

  test("Ctrl-C leaves it so too", async () => {
    const live = watchLive();
    await live.until("q quits");
    live.child.stdin.write("\x03");
    await live.until("code 0");
    await live.ended;
    const [before, after] = settingsIn(live.output());
    expect(after).toBe(before);
    expect(live.output()).toContain("\x1b[?25h\x1b[?1049l");
  });

  test("a crash leaves it so too, and what it says is where it can be read", async () => {
    const [crash, now] = [home().path("crash.cjs"), home().path("now")];
    const body = `if (require("node:fs").existsSync(${JSON.stringify(now)})) throw new Error("boom")`;
    await writeFile(crash, `setInterval(() => { ${body} }, 20).unref();`);
    const live = watchLive({ NODE_OPTIONS: `--require ${crash}` });
    await live.until("q quits");
    await writeFile(now, "");
    await live.until("code 1");
    await live.ended;
    const output = live.output();
    const [before, after] = settingsIn(output);
    expect(after).toBe(before);
    expect(output.slice(output.indexOf("\x1b[?25h\x1b[?1049l"))).toMatch(/this is a bug of ours: boom/);
  });

  test("shows that the proxy stopped, and that it runs again", async () => {
    const live = watchLive();
    await live.until("q quits");
    await home().mtproxy("stop");
    await live.until("the proxy does not run");
    await home().mtproxy("start");
    live.child.stdin.write("q");
    await live.ended;
  });
});

describe("logs", () => {
  test("are what the proxy printed last, without keys that somebody has", async () => {
    const { link } = await home().add("logged");
    const key = parseLink(link).secret.key.reveal();
    await writeFile(log(), `first\nsecond ${key}\nthird\n`);
    const { code, stdout } = await home().mtproxy("logs", "--tail", "2");
    expect([code, stdout]).toEqual([0, "second [key]\nthird\n"]);
    const { json, stdout: text } = await home().mtproxy("logs", "1", "--json");
    expect(json).toMatchObject({
      schema: "mtproxy/logs/1",
      data: { shards: [{ shard_id: 1, name: "familytraffic-mtproxy", lines: ["first", "second [key]", "third"] }] },
    });
    expect(text).not.toContain(key);
    expect(await readFile(log(), "utf8")).toContain(key);
  });

  test("--follow goes on with what comes until Ctrl-C", async () => {
    const { link } = await home().add("followed");
    await writeFile(log(), "before\n");
    const child = startCli(["logs", "--follow", "--tail", "1"], { home: home().home });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      output += piece;
    });
    await expect.poll(() => output).toBe("before\n");
    await appendFile(log(), `after ${parseLink(link).secret.key.reveal()}\n\x1b[2Jsteering\n`);
    await expect.poll(() => output).toBe("before\nafter [key]\n?[2Jsteering\n");
    const ended = new Promise((end) => child.once("close", end));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect((await home().mtproxy("logs", "--follow", "--json")).code).toBe(2);
  });

  test("of a shard that there is not are not found", async () => {
    const { code, stderr } = await home().mtproxy("logs", "7");
    expect(code).toBe(4);
    expect(stderr).toContain('there is no shard "7"');
    expect(stderr).toContain("1 (familytraffic-mtproxy)");
  });
});
