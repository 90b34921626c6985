import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VerifiedLink } from "../../src/app/people/verify-links.ts";
import { Key } from "../../src/domain/key.ts";
import { type Link, parseLink, tgLink, tmeLink } from "../../src/domain/link.ts";
import { makeSecret } from "../../src/domain/secret.ts";
import { cliHome, sharedCliHome, type UserCardJson } from "../support/cli-home.ts";
import { freePort } from "../support/trial.ts";
import { deadPort } from "../support/web.ts";

interface Verified {
  readonly links: readonly VerifiedLink[];
  readonly working: number;
  readonly failing: number;
  readonly disabled: readonly string[];
}

const home = sharedCliHome();
const cards: Record<string, UserCardJson> = {};
const link = (name: string): Link => parseLink(cards[name]?.link ?? "");

beforeAll(async () => {
  cards.alice = await home().add("alice");
  cards.bob = await home().add("bob", "--fake-tls", "microsoft.com");
  cards.carol = await home().add("carol", "--plain");
  cards.dora = await home().add("dora");
  await home().mtproxy("disable-user", "dora");
});

async function verify(...args: string[]) {
  const { code, json } = await home().mtproxy("verify", ...args, "--json");
  return { code, json, data: json.data as Verified };
}

const faultsOf = (data: Verified) => data.links.flatMap(({ attempts }) => attempts.map(({ fault }) => fault));

describe("verify", () => {
  test("without names proves the link of everybody who is enabled, for each generation of clients", async () => {
    const { code, json } = await verify();
    expect(code).toBe(0);
    const where = { server: "127.0.0.1", port: home().port, ok: true };
    const good = { ok: true, milliseconds: expect.any(Number) };
    expect(json).toEqual({
      schema: "mtproxy/verify/1",
      ok: true,
      data: {
        links: [
          { name: "alice", until: null, mode: "padded", domain: null, ...where, attempts: [good] },
          {
            name: "bob",
            until: null,
            mode: "fake-tls",
            domain: "microsoft.com",
            ...where,
            attempts: [
              { hello: "short", ...good },
              { hello: "long", ...good },
            ],
          },
          { name: "carol", until: null, mode: "plain", domain: null, ...where, attempts: [good] },
        ],
        working: 3,
        failing: 0,
        disabled: ["dora"],
      },
      warnings: [],
      error: null,
    });
  });

  test("tells people in sentences", async () => {
    const { code, stdout } = await home().mtproxy("verify");
    expect(code).toBe(0);
    const at = `at 127.0.0.1 port ${home().port}`;
    expect(stdout.replace(/\(\d+ ms\)/g, "(N ms)")).toBe(`✓ alice (padded) ${at}
    all apps: works (N ms)
✓ bob (fake-tls as microsoft.com) ${at}
    older apps: works (N ms)
    current apps: works (N ms)
✓ carol (plain) ${at}
    all apps: works (N ms)

3 of 3 links work
Disabled, not tried: dora
`);
  });

  test("with names proves those, in their order and whatever the spelling", async () => {
    const { code, data } = await verify("CAROL", "bob");
    expect([code, data.links.map(({ name }) => name), data.disabled]).toEqual([0, ["carol", "bob"], []]);
  });

  test("of somebody who is disabled fails and says how to bring the link back", async () => {
    const { code, json, data } = await verify("dora", "alice");
    expect([code, data.working, data.failing]).toEqual([9, 1, 1]);
    expect(data.links[0]?.attempts[0]).toMatchObject({
      ok: false,
      fault: "key-not-live",
      reason: "dora is disabled: mtproxy enable-user dora brings the link back",
    });
    expect(json.error).toMatchObject({ kind: "unhealthy", message: "1 of 2 links do not work: dora" });
  });

  test("of somebody whose old link works for a while proves that too, and not after its end", async () => {
    const it = await cliHome();
    const old = await it.add("eve");
    await it.mtproxy("regenerate-user-secret", "eve", "--overlap", "7d");
    for (const names of [[], ["eve"]]) {
      const { code, json } = await it.mtproxy("verify", ...names, "--json");
      const { links, working } = json.data as Verified;
      expect([code, working, links.map(({ name, until }) => [name, until])]).toEqual([
        0,
        2,
        [
          ["eve", null],
          ["eve", expect.stringMatching(/^\d{4}-.*Z$/)],
        ],
      ]);
    }
    const shown = await it.mtproxy("verify");
    expect(shown.stdout).toMatch(/✓ eve \(padded, old link until \d{4}-\d\d-\d\d \d\d:\d\d UTC\) at /);
    const text = await it.usersText();
    const over = text.replace(/("mtproxy_previous_until": ")[^"]+/, (_, name) => `${name}2020-01-01T00:00:00.000Z`);
    await it.putUsers(over);
    expect((await it.mtproxy("verify", "--json")).json.data).toMatchObject({ working: 1 });
    // An old link that does not work although it should is told from the new one: here its key was taken away behind our back.
    const digits = parseLink(old.link).secret.key.reveal();
    await it.putUsers(text.replace(`dd${digits}`, `dd${"7e".repeat(16)}`));
    const { code, json } = await it.mtproxy("verify", "--json");
    expect([code, json.error?.message]).toEqual([9, "1 of 2 links do not work: eve (old link)"]);
  });

  test("of a shared secret that is not active says so, and fails", async () => {
    const it = await cliHome("--no-start");
    const { id } = (await it.mtproxy("add-secret", "--json")).json.data as { id: string };
    const path = it.path("config/mtproxy/mtproxy_secrets.json");
    await writeFile(path, (await readFile(path, "utf8")).replace('"active": true', '"active": false'));
    await it.mtproxy("start");
    const { code, json, stdout } = await it.mtproxy("verify", id, "--json");
    expect([code, (json.data as Verified | null)?.links[0]?.attempts[0]?.reason], stdout).toEqual([
      9,
      `shared secret ${id} is not active: mtproxy add-secret makes one that works`,
    ]);
    expect((await it.mtproxy("verify")).code).toBe(0);
  });

  test("of a link that was handed out takes every spelling of it", async () => {
    const secret = Buffer.from(`dd${link("alice").secret.key.reveal()}`, "hex").toString("base64url");
    const given = [
      tgLink(link("alice")),
      tmeLink(link("bob")),
      `tg://proxy?server=127.0.0.1&port=${home().port}&secret=${secret}`,
    ];
    const { code, data } = await verify(...given);
    expect([code, data.links.map(({ name, ok }) => [name, ok])]).toEqual([
      0,
      [
        ["link 1", true],
        ["link 2", true],
        ["link 3", true],
      ],
    ]);
  });

  test("of a key that is not live says so, dd and ee", async () => {
    const key = Key.fromBytes(randomBytes(16));
    const dead = (["plain", "padded", "fake-tls"] as const).map((mode) =>
      tgLink({ server: "127.0.0.1", port: home().port, secret: makeSecret(mode, key, "google.com") }),
    );
    const { code, data } = await verify(...dead);
    expect(code).toBe(9);
    expect(new Set(faultsOf(data))).toEqual(new Set(["key-not-live"]));
    expect(JSON.stringify(data)).not.toContain(key.reveal());
  });

  test("of a live key with another cover domain fails: the name in the hello is not one of ours", async () => {
    const secret = makeSecret("fake-tls", link("bob").secret.key, "cover.example");
    expect((await verify(tgLink({ ...link("bob"), secret }))).code).toBe(9);
  });

  test("of a closed port says so, with the address", async () => {
    const port = await deadPort();
    const { code, data } = await verify(tgLink({ ...link("alice"), port }));
    expect([code, faultsOf(data)]).toEqual([9, ["port-closed"]]);
    expect(data.links[0]?.attempts[0]?.reason).toContain(`nothing listens at 127.0.0.1:${port}`);
  });

  test("of a name without an address says so", async () => {
    const { code, data } = await verify(tgLink({ ...link("alice"), server: "nowhere.invalid" }), "--timeout", "3");
    expect([code, faultsOf(data)]).toEqual([9, ["unresolved"]]);
  });
});

describe("verify --via", () => {
  test("goes to another address and keeps each link's port when none is named", async () => {
    const elsewhere = tgLink({ ...link("alice"), server: "192.0.2.1" });
    expect((await verify("--via", "127.0.0.1", elsewhere, "bob")).code).toBe(0);
  });

  test("takes host and port, IPv6 in brackets", async () => {
    const elsewhere = tgLink({ ...link("carol"), server: "192.0.2.1", port: 1 });
    expect((await verify("--via", `127.0.0.1:${home().port}`, elsewhere)).code).toBe(0);
    expect((await verify("--via", `[::1]:${home().port}`, elsewhere, "bob")).code).toBe(0);
    expect((await verify("--via", "[::1]", "bob")).code).toBe(0);
  });

  test("to a port where nobody listens fails", async () => {
    const { code, data } = await verify("--via", `[::1]:${await freePort()}`, "alice");
    expect([code, faultsOf(data)]).toEqual([9, ["port-closed"]]);
    expect(data.links[0]?.attempts[0]?.reason).toContain("nothing listens at [::1]:");
  });

  test.each([
    ["::1", 2, "is not HOST or HOST:PORT"],
    ["", 2, "is not HOST or HOST:PORT"],
    ["http://127.0.0.1", 2, "is not HOST or HOST:PORT"],
    ["127.0.0.1:0", 3, "is not a port"],
    ["127.0.0.1:99999", 3, "is not a port"],
  ])("refuses %j before anything is tried", async (via, code, says) => {
    const { code: exit, stdout, stderr } = await home().mtproxy("verify", "alice", "--via", via);
    expect([exit, stdout]).toEqual([code, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("verifying");
  });
});

describe("verify against something that is no proxy", () => {
  let silence: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silence = createServer((socket) => sockets.add(socket.on("error", () => {})));
    await new Promise<void>((up) => silence.listen(0, "127.0.0.1", up));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silence.close();
  });

  test("--timeout ends the waiting", async () => {
    const address = silence.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const { code, data } = await verify("--timeout", "1", "--via", `127.0.0.1:${port}`, "alice", "bob");
    expect(code).toBe(9);
    expect(data.links.every(({ ok }) => !ok)).toBe(true);
  });

  test.each(["0", "-1", "1.5", "abc", "601", "1e9"])("--timeout %s is refused", async (timeout) => {
    const { code, stderr } = await home().mtproxy("verify", "alice", `--timeout=${timeout}`);
    expect(code).toBe(3);
    expect(stderr).toContain("--timeout takes a number from 1 to 600");
  });
});

describe("verify refuses", () => {
  test.each([
    { given: "nobody", code: 4, says: 'there is no user "nobody"' },
    { given: "tg://proxy?server=127.0.0.1&port=443", code: 3, says: "the link has no secret" },
    { given: "tg://proxy?server=127.0.0.1&port=0&secret=dd", code: 3, says: "is not a port" },
    {
      given: `tg://proxy?server=a&port=1&secret=dd${"0".repeat(28)}`,
      code: 3,
      says: "a dd secret is dd and 32 hex digits",
    },
    {
      given: `https://example.com/proxy?server=a&port=1&secret=dd${"0".repeat(32)}`,
      code: 3,
      says: "not a proxy link",
    },
    { given: `tgg://proxy?server=a&port=1&secret=dd${"0".repeat(32)}`, code: 3, says: "not a proxy link" },
    { given: `dd${"0123456789abcdef".repeat(2)}`, code: 4, says: 'there is no user "[digits]"' },
  ])("$given with $code, and tries none", async ({ given, code, says }) => {
    const { code: exit, stdout, stderr } = await home().mtproxy("verify", "alice", given);
    expect([exit, stdout]).toEqual([code, ""]);
    expect(stderr).toContain(says);
  });

  test("nothing where nobody has a link yet, and says how to give one", async () => {
    const { mtproxy } = await cliHome("--no-start");
    expect(await mtproxy("verify")).toMatchObject({
      code: 0,
      stdout: "No enabled user has a link yet: mtproxy add-user NAME\n",
    });
  });
});
