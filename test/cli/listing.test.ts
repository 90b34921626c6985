import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { runCli } from "../support/cli.ts";
import { cliHome, sharedCliHome } from "../support/cli-home.ts";
import { tempFolder } from "../support/temp-home.ts";

/** A dd, an ee and no secret, one of each with what the VLESS stack has and without. */
const USERS = JSON.stringify({
  users: [
    {
      username: "alice",
      uuid: "u1",
      proxy_password: "p1",
      mtproxy_secret: `dd1a2b${"0".repeat(24)}4b5c`,
      mtproxy_created_at: "2025-11-08T10:00:00Z",
    },
    {
      username: "bob",
      uuid: "u2",
      mtproxy_secret: `dd3c4d${"0".repeat(24)}6e7f`,
      mtproxy_enabled: true,
      mtproxy_created_at: "2025-11-08T11:00:00.000Z",
    },
    { username: "charlie", proxy_password: "p3" },
  ],
});

const home = sharedCliHome();

describe("list-user-secrets", () => {
  test("is the table of the requirements, to the letter", async () => {
    const { mtproxy, putUsers } = await cliHome("--no-start");
    await mtproxy("vless-user", "add", "first");
    await putUsers(USERS);
    const { code, stdout, stderr } = await mtproxy("list-user-secrets");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`MTProxy User Secrets:
┌──────────┬────────────────────────┬─────────┬───────────────┐
│ Username │ Secret (masked)        │ Enabled │ Created       │
├──────────┼────────────────────────┼─────────┼───────────────┤
│ alice    │ dd1a2b...4b5c (32)     │ ✓       │ 2025-11-08    │
│ bob      │ dd3c4d...6e7f (32)     │ ✓       │ 2025-11-08    │
│ charlie  │ -                      │ ✗       │ -             │
└──────────┴────────────────────────┴─────────┴───────────────┘

Total: 2 enabled, 1 disabled
`);
    expect((await mtproxy("vless-user", "list")).stdout).toBe(`Users (3 total):
┌──────────┬─────────────┬────────────┬──────────┐
│ Username │ VLESS       │ SOCKS5/HTTP│ MTProxy  │
├──────────┼─────────────┼────────────┼──────────┤
│ alice    │ ✓           │ ✓          │ ✓        │
│ bob      │ ✓           │ ✗          │ ✓        │
│ charlie  │ ✗           │ ✓          │ ✗        │
└──────────┴─────────────┴────────────┴──────────┘
`);
  });
});

test("what another program wrote into users.json forges no row and steers no terminal", async () => {
  const { mtproxy, putUsers } = await cliHome("--no-start");
  await mtproxy("vless-user", "add", "first");
  await putUsers(USERS.replace("2025-11-08T10:00:00Z", "\\n│ \\u001b[2J\\r│"));
  const { stdout } = await mtproxy("list-user-secrets");
  expect(stdout).toContain("│ alice    │ dd1a2b...4b5c (32)     │ ✓       │ ?│ ?[2J?│     │\n│ bob");
  const { json } = await mtproxy("list-users", "--json");
  expect(json.data).toMatchObject({ users: [{ created_at: "\n│ \u001b[2J\r│" }, {}, {}] });
});

describe("list-users", () => {
  test("--json has everybody, masked, with the port of whoever has a slot", async () => {
    const { link } = await home().add("anna");
    await home().add("otto", "--fake-tls", "microsoft.com");
    await home().mtproxy("disable-user", "otto");
    await home().vlessUser("add", "vera");
    const { code, stdout, json } = await home().mtproxy("list-users", "--json");
    const digits = parseLink(link).secret.key.reveal();
    const made = { created_at: expect.any(String), vless: true, socks: true };
    expect(code).toBe(0);
    expect(stdout).not.toContain(digits);
    expect(json).toEqual({
      schema: "mtproxy/list-users/1",
      ok: true,
      data: {
        users: [
          {
            username: "anna",
            mtproxy: true,
            enabled: true,
            mode: "padded",
            domain: null,
            secret: `dd${digits.slice(0, 4)}...${digits.slice(-4)}`,
            port: home().port,
            ...made,
          },
          {
            username: "otto",
            mtproxy: true,
            enabled: false,
            mode: "fake-tls",
            domain: "microsoft.com",
            secret: expect.stringMatching(/^ee[0-9a-f]{4}\.\.\.6d6963726f736f66742e636f6d$/),
            port: home().port,
            ...made,
          },
          {
            username: "vera",
            mtproxy: false,
            enabled: false,
            mode: null,
            domain: null,
            secret: null,
            port: null,
            ...made,
            created_at: null,
          },
        ],
        enabled: 1,
        disabled: 2,
      },
      warnings: [],
      error: null,
    });
    const text = (await home().mtproxy("list-users")).stdout;
    expect(text).toContain(`│ anna     │ enabled   │ padded (dd)   │ -             │ ${home().port} │\n`);
    expect(text).toContain("│ otto     │ disabled  │ fake-TLS (ee) │ microsoft.com │");
    expect(text).toContain("│ vera     │ no secret │ -             │ -             │ -");
    expect(text).toMatch(/\n\nTotal: 3\n$/);
  });

  test("works before setup, and without an engine", async () => {
    const empty = await tempFolder();
    expect(await runCli(["list-users"], { home: empty })).toMatchObject({
      code: 0,
      stdout: "No users yet: mtproxy add-user NAME\n",
    });
    expect((await runCli(["list-users", "--json"], { home: empty })).json.data).toEqual({
      users: [],
      enabled: 0,
      disabled: 0,
    });
    expect((await runCli(["list"], { home: empty, program: "vless-user" })).stdout).toMatch(/^Users \(0 total\):\n/);
  });

  test("shows names of others that cannot be users here, without letting them steer the terminal", async () => {
    const { mtproxy, putUsers, usersText } = await cliHome();
    await mtproxy("add-user", "ours");
    const document = JSON.parse(await usersText());
    document.users.push({ username: "\x1b[2Jevil\u202e" }, { username: 7 }, null);
    await putUsers(JSON.stringify(document));
    const { code, stdout, stderr } = await mtproxy("list-users");
    expect(code).toBe(0);
    expect(stdout).toContain("Total: 1");
    expect(stderr.match(/cannot be a user here; it is left alone/g)).toHaveLength(3);
    expect(stdout + stderr).not.toMatch(/[\x1b\u202e]/);
    expect((await mtproxy("list-users", "--json")).json.warnings).toHaveLength(3);
  });
});

describe("show-user-config", () => {
  test("prints the card that add-user printed, whatever the spelling, as `show` too", async () => {
    const { added, ...card } = (await home().mtproxy("add-user", "Karl", "--json")).json.data as Record<
      string,
      unknown
    >;
    expect(added).toBe(true);
    for (const command of ["show-user-config", "show"]) {
      const shown = await home().mtproxy(command, "kARL", "--json");
      expect([shown.code, shown.json.data]).toEqual([0, card]);
    }
    const { stdout } = await home().mtproxy("show", "karl");
    expect(stdout).toContain(`  ${card.link}\n`);
    expect(stdout).toContain(`  ${card.tme_link}\n`);
  });
});

describe("vless-user", () => {
  test("add makes a record for the VLESS stack and gives no secret unless asked to", async () => {
    const { code, stdout } = await home().vlessUser("add", "vincent");
    expect([code, stdout]).toEqual([0, "✓ vincent is in users.json\n"]);
    const { users } = JSON.parse(await home().usersText()) as { users: { username: string }[] };
    expect(users.find(({ username }) => username === "vincent")).toEqual({
      username: "vincent",
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      proxy_password: expect.stringMatching(/^[0-9a-f]{32}$/),
      mtproxy_created_record: true,
    });
    expect(await home().vlessUser("add", "vincent")).toMatchObject({ code: 5, stdout: "" });
    expect((await home().vlessUser("add", "Vincent")).stderr).toContain("--with-mtproxy gives a secret");
  });

  test("add --with-mtproxy prints a link that works, in the same words from both programs", async () => {
    const padded = await home().vlessUser("add", "wanda", "--with-mtproxy", "--json");
    expect(padded.json).toMatchObject({
      schema: "mtproxy/vless-user-add/1",
      data: { username: "wanda", mtproxy: { mode: "padded", added: true } },
    });
    const flags = ["--with-mtproxy", "--fake-tls", "--domain", "cloudflare.com", "--json"];
    const fakeTls = await home().mtproxy("vless-user", "add", "willi", ...flags);
    expect(fakeTls.json).toMatchObject({
      schema: "mtproxy/vless-user-add/1",
      data: { mtproxy: { mode: "fake-tls", domain: "cloudflare.com" } },
    });
    for (const { json } of [padded, fakeTls]) {
      expect(await home().works((json.data as { mtproxy: { link: string } }).mtproxy.link)).toBe(true);
    }
  });

  test.each([
    { args: ["wrong", "--fake-tls"], code: 2, says: "need --with-mtproxy" },
    { args: ["wrong", "--domain", "google.com"], code: 2, says: "need --with-mtproxy" },
    { args: ["wrong", "--with-mtproxy", "--domain", "evil.example"], code: 3, says: "add-fake-tls-domain" },
    { args: ["w rong"], code: 3, says: "is not a user name" },
  ])("add $args ends with $code", async ({ args, code, says }) => {
    const result = await home().vlessUser("add", ...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(says);
    expect(await home().usersText()).not.toContain("rong");
  });

  test("show has the lines of the requirements, the link whole and the secret masked", async () => {
    const { link } = await home().add("sofia");
    const digits = parseLink(link).secret.key.reveal();
    expect((await home().vlessUser("show", "sofia")).stdout).toBe(`MTProxy Configuration:
  Status: Enabled
  Secret: dd${digits.slice(0, 4)}...${digits.slice(-4)} (masked)
  Deep Link: ${link}
  QR Code: ${home().path("data/clients/sofia/mtproxy_qr.png")}
`);
  });

  test("show names mode and domain of a fake-TLS link", async () => {
    const { link } = await home().add("tessa", "--fake-tls");
    await home().mtproxy("disable-user", "tessa");
    const digits = parseLink(link).secret.key.reveal();
    const { stdout, stderr } = await home().mtproxy("vless-user", "show", "tessa");
    expect(stdout).toBe(`MTProxy Configuration (Fake-TLS):
  Status: Disabled
  Secret: ee${digits.slice(0, 4)}...676f6f676c652e636f6d (masked)
  Domain: google.com
  Deep Link: ${link}
  QR Code: ${home().path("data/clients/tessa/mtproxy_qr.png")}
`);
    expect(stderr).toContain("tessa is disabled");
  });

  test("remove takes the whole record, and the link with it", async () => {
    const document = JSON.parse(await home().usersText());
    document.users.push({ username: "theirs", uuid: "u", limits: { up: 1 } });
    await home().putUsers(JSON.stringify(document, null, 2));
    const { link } = await home().add("theirs");
    const refused = await home().vlessUser("remove", "theirs");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Remove secret?")]);
    const removed = await home().vlessUser("remove", "theirs", "--yes", "--json");
    expect(removed.json).toMatchObject({
      schema: "mtproxy/vless-user-remove/1",
      data: { username: "theirs", removed: "record", revoked: true },
    });
    expect(await home().usersText()).not.toContain("theirs");
    expect(await home().works(link)).toBe(false);
    expect(await home().vlessUser("remove", "theirs", "--yes")).toMatchObject({ code: 4 });
  });

  test("remove of a person without a secret asks about the record", async () => {
    await home().vlessUser("add", "xenia");
    expect((await home().vlessUser("remove", "xenia")).stderr).toContain("Remove xenia from users.json?");
    expect((await home().vlessUser("remove", "xenia", "-y")).stdout).toBe("xenia is removed\n");
    expect(await home().usersText()).not.toContain("xenia");
  });
});
