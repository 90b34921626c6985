import { randomBytes } from "node:crypto";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { type CliHome, cardOf, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { connectClient } from "../support/trial-client.ts";

/** `status --json`, as far as it is asked for here. */
interface Status {
  readonly active_connections: number;
  readonly shards: readonly { readonly condition: string }[];
}

const home = sharedCliHome();

const instanceOf = async ({ path }: CliHome) =>
  JSON.parse(await readFile(path("mtproxy/run/trial-server.json"), "utf8")) as { pid: number; startedAt: string };

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

function portTakesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

describe("status of a proxy that runs", () => {
  test("is 0, with the lines of the requirements and a word on the trial engine", async () => {
    const { code, stdout, stderr } = await home().mtproxy("status");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      new RegExp(
        [
          "^MTProxy Status:",
          "  ✓ Process: familytraffic-mtproxy \\(running\\)",
          "  Active connections: \\d+",
          "  Total connections: \\d+",
          "  Uptime: \\d+[sm]",
          `  Port: ${home().port}`,
          "  Users: \\d+ enabled, \\d+ disabled",
          "",
          "the trial engine is for a first look and for tests, not for production; it carries no promoted channel",
          "$",
        ].join("\n"),
      ),
    );
  });

  test("--json counts people and the connections that they hold", async () => {
    const alice = await home().add("alice");
    await home().add("bob");
    await home().mtproxy("disable-user", "bob");
    const client = await connectClient({ port: home().port, key: parseLink(alice.link).secret.key });
    await client.ask();
    const status = async () => (await home().mtproxy("status", "--json")).json;
    // The server counts the proof of the link until it has seen its end.
    await expect.poll(async () => ((await status()).data as Status).active_connections, { timeout: 10_000 }).toBe(1);
    const json = await status();
    client.socket.destroy();
    expect(json).toMatchObject({
      schema: "mtproxy/status/1",
      ok: true,
      data: {
        engine: "trial",
        notice: expect.stringContaining("not for production"),
        public_host: "127.0.0.1",
        users: { enabled: 1, disabled: 1 },
        active_connections: 1,
        pending: false,
        shards: [
          {
            shard_id: 1,
            name: "familytraffic-mtproxy",
            condition: "healthy",
            port: home().port,
            family: "any",
            users: 2,
            active_connections: 1,
          },
        ],
      },
    });
  });

  test("is healthy with a warning while a change is saved that is not live", async () => {
    await home().add("wolf");
    const { users } = JSON.parse(await home().usersText()) as {
      users: { username: string; mtproxy_enabled: boolean }[];
    };
    const changed = users.map((user) => (user.username === "wolf" ? { ...user, mtproxy_enabled: false } : user));
    await home().putUsers(JSON.stringify({ users: changed }));
    const { code, json } = await home().mtproxy("status", "--json");
    expect(code).toBe(0);
    expect(json).toMatchObject({
      data: { pending: true },
      warnings: [
        "a key of wolf is taken away BUT STILL WORKS until that is live: mtproxy apply",
        expect.stringContaining("mtproxy apply makes them live"),
      ],
    });
    expect((await home().mtproxy("apply")).code).toBe(0);
    expect((await home().mtproxy("status", "--json")).json).toMatchObject({ data: { pending: false }, warnings: [] });
  });
});

describe("plan", () => {
  test("of a home where everything is live says so, with exit code 0", async () => {
    const { code, stdout } = await home().mtproxy("plan", "--exit-code");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Shards:\n {2}1: port \d+, any as .*, \d+ assigned, 0 spare\n\n✓ Everything is live/);
  });

  test("shows what somebody changed in users.json, ends with 8 when asked to, and changes nothing", async () => {
    const { mtproxy, usersText, putUsers, path } = await cliHome();
    await mtproxy("add-user", "alice");
    const document = JSON.parse(await usersText());
    document.users.push({ username: "bob", mtproxy_secret: `dd${randomBytes(16).toString("hex")}` });
    await putUsers(JSON.stringify(document));
    const book = await readFile(path("config/mtproxy/shards.json"), "utf8");

    expect((await mtproxy("plan")).code).toBe(0);
    const { code, json } = await mtproxy("plan", "--exit-code", "--json");
    expect(code).toBe(8);
    expect(json).toMatchObject({
      schema: "mtproxy/plan/1",
      ok: false,
      data: {
        pending: true,
        shards: [{ shard_id: 1, assigned_slots: 2 }],
        changes: [{ shard_id: 1, action: "update", reasons: ["bob is placed on it"], connections_cut: 0 }],
        cost: { restarts: 0, connections_cut: 0, processes: 1, memory_bytes: 7_400_000, idle_cpu_percent: 3 },
        revocations: [],
        moves: [],
      },
      error: { kind: "pending", message: "changes are pending", hint: "mtproxy apply" },
    });
    const dry = await mtproxy("apply", "--dry-run");
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain("Would apply:\n  familytraffic-mtproxy: update: bob is placed on it");
    expect(await readFile(path("config/mtproxy/shards.json"), "utf8")).toBe(book);

    expect((await mtproxy("apply", "--json")).json).toMatchObject({ ok: true, data: { applied: true } });
    expect((await mtproxy("plan", "--exit-code")).code).toBe(0);
    expect((await mtproxy("verify", "bob")).code).toBe(0);
    expect(await exists(path("data/clients/bob/mtproxy_qr.png"))).toBe(true);
    expect((await mtproxy("apply")).stdout).toBe("✓ Everything is live; nothing was changed\n");
  });
});

describe("plan of a home whose former engine may still run", () => {
  test("ends with 8 although the present one needs no change, and says what is to be ended", async () => {
    const it = await cliHome();
    const trace = it.path("mtproxy/docker-compose.yml");
    await writeFile(trace, "services: {}\n");
    const { code, stdout, stderr } = await it.mtproxy("plan", "--exit-code");
    expect([code, stdout]).toEqual([
      8,
      expect.stringContaining("what the engine docker ran for this home before is ended"),
    ]);
    expect(stderr).toContain("may STILL LET PEOPLE IN: mtproxy apply ends it");
    const { json } = await it.mtproxy("plan", "--json");
    expect(json.data).toMatchObject({ pending: true, former_engine: "docker", changes: [{ action: "none" }] });
    await rm(trace);
    expect((await it.mtproxy("plan", "--exit-code")).code).toBe(0);
  });
});

describe("stop, start and restart", () => {
  test("end the proxy, bring the same links back, and make another process of it", async () => {
    const it = await cliHome();
    const { link } = await it.add("alice", "--fake-tls");
    const first = await instanceOf(it);

    const dry = await it.mtproxy("stop", "--dry-run");
    expect(dry.stdout).toMatch(/^Dry run: nothing is changed/);
    expect(await it.works(link)).toBe(true);

    const stopped = await it.mtproxy("stop", "--json");
    expect(stopped.json).toMatchObject({ ok: true, data: { done: "stopped", shards: ["familytraffic-mtproxy"] } });
    expect(await portTakesConnections(it.port)).toBe(false);
    expect((await it.mtproxy("stop")).code).toBe(0);

    const status = await it.mtproxy("status");
    expect(status.code).toBe(9);
    expect(status.stdout).toContain("✗ Process: familytraffic-mtproxy (stopped)");
    expect(status.stderr).toBe("✗ the proxy does not run\n  mtproxy start\n");
    expect((await it.mtproxy("plan", "--exit-code")).code).toBe(8);

    expect((await it.mtproxy("start", "--json")).json).toMatchObject({ data: { changes: [{ action: "start" }] } });
    const second = await instanceOf(it);
    expect(second.pid).not.toBe(first.pid);
    expect(await it.works(link)).toBe(true);
    expect((await it.mtproxy("start")).stdout).toBe("✓ Everything is live; nothing was changed\n");
    expect(await instanceOf(it)).toEqual(second);

    expect((await it.mtproxy("restart")).stdout).toBe("✓ restarted: familytraffic-mtproxy\n");
    expect((await instanceOf(it)).pid).not.toBe(second.pid);
    expect(await it.works(link)).toBe(true);
  });

  test("of a proxy that was never started say that nothing is there yet", async () => {
    const { mtproxy } = await cliHome("--no-start");
    for (const command of ["stop", "restart"]) {
      const { code, stdout, stderr } = await mtproxy(command);
      expect([command, code, stdout]).toEqual([command, 0, "Nothing to do\n"]);
      expect(stderr).toBe("! nothing is there yet: mtproxy start\n");
    }
    expect((await mtproxy("status")).code).toBe(9);
    expect((await mtproxy("start")).code).toBe(0);
    expect((await mtproxy("status")).code).toBe(0);
  });

  test("restart of a proxy that was stopped starts it", async () => {
    const { mtproxy } = await cliHome();
    await mtproxy("stop");
    expect((await mtproxy("restart")).code).toBe(0);
    expect((await mtproxy("status")).code).toBe(0);
  });
});

describe("while the proxy does not run", () => {
  test("because it was killed, everything is saved, each command says that it is not live, and apply brings it all", async () => {
    const it = await cliHome();
    const kept = await it.add("kept");
    const off = await it.add("off");
    const old = await it.add("renewed");
    const out = await it.add("out");
    await it.killServer();

    const failed = { kind: "environment", hint: "mtproxy start" };
    const stopped = "the proxy is stopped and takes the change when it starts";
    const added = await it.mtproxy("add-user", "late", "--json");
    expect(added.code).toBe(6);
    expect(added.json).toMatchObject({ ok: false, data: { username: "late", added: true }, error: failed });
    expect(added.json.error?.message).toBe(`late is saved, but the link does not work yet: ${stopped}`);
    const late = added.json.data as { link: string };

    const disabled = await it.mtproxy("disable-user", "off", "--json");
    expect(disabled.code).toBe(6);
    expect(disabled.json).toMatchObject({ ok: false, data: { enabled: false, changed: true, live: false } });
    expect(disabled.json.error?.message).toBe(`off is disabled and nobody has access now: ${stopped}`);

    const renewed = await it.mtproxy("regenerate-user-secret", "renewed");
    expect(renewed.code).toBe(6);
    expect(renewed.stdout).toContain("! renewed has a new key, but the link may not work yet");
    expect(renewed.stdout).not.toContain("the old one is no use any more");
    expect(renewed.stderr).toContain(`renewed has a new key and nobody has access now: ${stopped}`);
    const next = cardOf(await it.mtproxy("show", "renewed", "--json"));

    const removed = await it.mtproxy("remove-user", "out", "--yes");
    expect([removed.code, removed.stdout]).toEqual([6, "out is removed\n"]);
    expect(removed.stderr).toContain(`✗ out is removed and nobody has access now: ${stopped}`);

    const text = await it.mtproxy("add-user", "later");
    expect([text.code, text.stdout.split("\n")[0]]).toEqual([6, "! later is saved, but the link may not work yet"]);
    const verified = await it.mtproxy("verify", "kept", "--json");
    expect(verified.json).toMatchObject({
      ok: false,
      data: { links: [{ attempts: [{ ok: false, fault: "port-closed" }] }] },
    });

    expect((await it.mtproxy("apply")).code).toBe(0);
    const links = { kept: kept.link, late: late.link, next: next.link, off: off.link, old: old.link, out: out.link };
    const live = await Promise.all(Object.entries(links).map(async ([name, link]) => [name, await it.works(link)]));
    expect(Object.fromEntries(live)).toEqual({
      kept: true,
      late: true,
      next: true,
      off: false,
      old: false,
      out: false,
    });
    expect(await exists(it.path("data/clients/late/mtproxy_link.txt"))).toBe(true);
    expect(await exists(it.path("data/clients/out"))).toBe(false);
    expect((await it.mtproxy("plan", "--exit-code")).code).toBe(0);
  });

  test("because it was stopped, nobody starts it by adding somebody, and start brings everything", async () => {
    const it = await cliHome();
    await it.mtproxy("stop");
    const added = await it.mtproxy("add-user", "late", "--json");
    expect([added.code, added.json.error?.hint]).toEqual([6, "mtproxy start"]);
    expect(await portTakesConnections(it.port)).toBe(false);
    expect((await it.mtproxy("start")).code).toBe(0);
    expect(await it.works((added.json.data as { link: string }).link)).toBe(true);
  });
});

describe("a server that cannot take a change", () => {
  test("keeps serving what it served, the change stays pending, and apply brings it once it can", async () => {
    const it = await cliHome();
    const kept = await it.add("kept");
    const holder = await startDatacenter();
    const settings = it.path("config/mtproxy/mtproxy_config.json");
    const before = await readFile(settings, "utf8");
    // Past the check of the command line: somebody edits the file, and the port is taken.
    await writeFile(settings, before.replace(`"port": ${it.port}`, `"port": ${holder.port}`));
    const refused = await it.mtproxy("disable-user", "kept", "--json");
    expect(refused.code).toBe(6);
    expect(refused.json).toMatchObject({ ok: false, data: { enabled: false, live: false } });
    expect(refused.json.error?.message).toContain(`BUT STILL HAS ACCESS until the change is live: port ${holder.port}`);
    expect(await it.works(kept.link)).toBe(true);
    await holder.close();
    await writeFile(settings, before);
    expect((await it.mtproxy("apply")).code).toBe(0);
    expect(await it.works(kept.link)).toBe(false);
  });
});

describe("status of a proxy that cannot reach Telegram", () => {
  test("is 9, and verify says that the key is live and the upstream is not ready", async () => {
    const it = await cliHome();
    await it.add("alice");
    await it.datacenter.close();
    const verified = await it.mtproxy("verify", "alice", "--timeout", "3", "--json");
    expect(verified.json).toMatchObject({
      data: { links: [{ attempts: [{ ok: false, fault: "upstream-not-ready" }] }] },
    });
    // The proxy has noticed with that client at the latest.
    const { code, json } = await it.mtproxy("status", "--json");
    expect(code).toBe(9);
    expect((json.data as Status).shards[0]?.condition).toBe("no upstream");
  });
});
