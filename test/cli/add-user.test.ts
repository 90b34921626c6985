import { readdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parseLink, tgLink, tmeLink } from "../../src/domain/link.ts";
import { domainOf } from "../../src/domain/secret.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";
import { readBlocks, readPng, readSvg } from "../support/read-qr.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const home = sharedCliHome();

interface Record {
  readonly username: string;
  readonly [field: string]: unknown;
}

async function records(): Promise<Record[]> {
  return (JSON.parse(await home().usersText()) as { users: Record[] }).users;
}

const recordOf = async (name: string) => (await records()).find(({ username }) => username === name);

describe("add-user gives a link that works", () => {
  it.each([
    { args: [], mode: "padded", domain: undefined },
    { args: ["--with-mtproxy"], mode: "padded", domain: undefined },
    { args: ["--plain"], mode: "plain", domain: undefined },
    { args: ["--fake-tls"], mode: "fake-tls", domain: "google.com" },
    { args: ["--fake-tls", "microsoft.com"], mode: "fake-tls", domain: "microsoft.com" },
    { args: ["--fake-tls", "--domain", "cloudflare.com"], mode: "fake-tls", domain: "cloudflare.com" },
    { args: ["--domain", "AWS.Amazon.COM."], mode: "fake-tls", domain: "aws.amazon.com" },
  ])("of mode $mode with $args", async ({ args, mode, domain }) => {
    const name = `user-${mode}-${args.length}-${domain}`;
    const added = await home().mtproxy("add-user", name, ...args, "--json");
    expect(added).toMatchObject({ code: 0, stderr: "" });
    const { link } = added.json.data as { link: string };
    const { server, port, secret } = parseLink(link);
    expect({ server, port }).toEqual({ server: "127.0.0.1", port: home().port });
    expect({ mode: secret.mode, domain: domainOf(secret) }).toEqual({ mode, domain });
    expect(await home().works(link)).toBe(true);
  });

  it.each(mtcuteVersions)("to mtcute %s, padded and fake-TLS", async (version) => {
    const cards = [await home().add(`dd-${version}`), await home().add(`ee-${version}`, "--fake-tls")];
    for (const { link } of cards) expect((await connectMtcute(version, link)).connections).toBe(1);
  });
});

describe("what add-user prints", () => {
  test("--json has every field of the card, the secret masked and the links whole", async () => {
    const { json } = await home().mtproxy("add-user", "jason", "--fake-tls", "--json");
    const { link } = json.data as { link: string };
    const parsed = parseLink(link);
    const key = parsed.secret.key.reveal();
    const folder = home().path("data/clients/jason");
    expect(json).toEqual({
      schema: "mtproxy/add-user/1",
      ok: true,
      data: {
        username: "jason",
        enabled: true,
        added: true,
        mode: "fake-tls",
        domain: "google.com",
        secret: `ee${key.slice(0, 4)}...${Buffer.from("google.com").toString("hex")}`,
        server: "127.0.0.1",
        port: home().port,
        link: tgLink(parsed),
        tme_link: tmeLink(parsed),
        files: {
          link: `${folder}/mtproxy_link.txt`,
          qr_png: `${folder}/mtproxy_qr.png`,
          qr_svg: `${folder}/mtproxy_qr.svg`,
        },
        advice: expect.arrayContaining([expect.stringContaining("current Telegram apps")]),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        note: null,
        tags: [],
        expires_at: null,
        former_link_until: null,
      },
      warnings: [],
      error: null,
    });
  });

  test("text has both links, paths, advice and a QR code that a terminal can show", async () => {
    const { code, stdout } = await home().mtproxy("add-user", "theodora");
    expect(code).toBe(0);
    const link = /tg:\/\/proxy\?\S+/.exec(stdout)?.[0] ?? "";
    expect(await home().works(link)).toBe(true);
    expect(readBlocks(stdout)).toBe(link);
    expect(stdout).toContain(`  ${tmeLink(parseLink(link))}\n`);
    for (const file of ["mtproxy_link.txt", "mtproxy_qr.png", "mtproxy_qr.svg"])
      expect(stdout).toContain(home().path("data/clients/theodora", file));
    expect(stdout).toContain("✓ theodora has a link");
    expect(stdout).toContain("Works in every official Telegram app.");
    expect(stdout).not.toContain("\x1b");
  });

  test("--quiet still prints what was asked for", async () => {
    const { stdout, stderr } = await home().mtproxy("add-user", "quiet", "--quiet");
    expect(stdout).toContain("tg://proxy?server=127.0.0.1");
    expect(stderr).toBe("");
  });
});

describe("what add-user writes", () => {
  test("are files for their owner only: the links as text, a PNG of 300 × 300 and an SVG that say the link", async () => {
    const { link, tme_link, files } = await home().add("filippa", "--fake-tls");
    expect(await readFile(files.link, "utf8")).toBe(`${link}\n${tme_link}\n`);
    expect(readPng(await readFile(files.qr_png))).toEqual({ text: link, width: 300, height: 300 });
    expect(readSvg(await readFile(files.qr_svg, "utf8"))).toBe(link);
  });

  test("belongs to its owner alone: folders 0700, files 0600", async () => {
    await home().add("umberto");
    for (const entry of await readdir(home().home, { recursive: true, withFileTypes: true })) {
      const path = `${entry.parentPath}/${entry.name}`;
      const { mode } = await stat(path);
      if (entry.isSocket()) continue;
      expect([path, (mode & 0o777).toString(8)]).toEqual([path, entry.isDirectory() ? "700" : "600"]);
    }
  });

  test("a new person is a record that the VLESS stack can use", async () => {
    const { link } = await home().add("newton");
    expect(await recordOf("newton")).toEqual({
      username: "newton",
      uuid: expect.stringMatching(UUID_V4),
      proxy_password: expect.stringMatching(/^[0-9a-f]{32}$/),
      mtproxy_secret: /secret=(\w+)/.exec(link)?.[1],
      mtproxy_enabled: true,
      mtproxy_fake_tls: false,
      mtproxy_created_at: expect.any(String),
      mtproxy_created_record: true,
    });
  });

  test("a person of the VLESS stack keeps uuid, password and every field that is not ours", async () => {
    const theirs = { username: "vera", uuid: "not-even-a-uuid", proxy_password: "pw", traffic: { up: 7 }, note: null };
    const document = JSON.parse(await home().usersText());
    await home().putUsers(JSON.stringify({ ...document, users: [...document.users, theirs] }, null, 4));
    await home().add("vera", "--fake-tls", "microsoft.com");
    const record = await recordOf("vera");
    expect(record).toMatchObject({ ...theirs, mtproxy_enabled: true, mtproxy_fake_tls_domain: "microsoft.com" });
    expect(record).not.toHaveProperty("mtproxy_created_record");
  });
});

describe("add-user for somebody who has a link", () => {
  test("gives the same link again for the same wish, and writes nothing", async () => {
    const { link } = await home().add("anna");
    const tls = await home().add("otto", "--fake-tls", "microsoft.com");
    const before = await home().usersText();
    const again = await home().mtproxy("add-user", "anna", "--json");
    expect(again).toMatchObject({ code: 0 });
    expect(again.json).toMatchObject({ ok: true, data: { link, added: false } });
    // Any cover domain will do where none was named.
    expect((await home().add("otto", "--fake-tls")).link).toBe(tls.link);
    expect((await home().mtproxy("add-user", "anna")).stdout).toContain("anna has this link already");
    expect(await home().usersText()).toBe(before);
  });

  it.each([
    { name: "pia", had: [], args: ["--fake-tls"], has: "a padded link" },
    { name: "pit", had: [], args: ["--plain"], has: "a padded link" },
    { name: "pam", had: ["--plain"], args: [], has: "a plain link" },
    { name: "eva", had: ["--fake-tls"], args: [], has: "a fake-tls with google.com link" },
    { name: "ewa", had: ["--fake-tls"], args: ["--fake-tls", "microsoft.com"], has: "a fake-tls with google.com link" },
  ])("with $had refuses $args: it would silently replace a link in use", async ({ name, had, args, has }) => {
    const { link } = await home().add(name, ...had);
    const { code, json } = await home().mtproxy("add-user", name, ...args, "--json");
    expect(code).toBe(5);
    expect(json).toMatchObject({ ok: false, data: null, error: { kind: "conflict" } });
    expect(json.error?.message).toContain(`${name} already has ${has}`);
    expect(json.error?.hint).toContain(`mtproxy show-user-config ${name}`);
    expect(await home().works(link)).toBe(true);
  });

  test("in another spelling refuses, and names the one that is there", async () => {
    await home().add("Maria");
    const { code, stdout, stderr } = await home().mtproxy("add-user", "mARIA");
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr).toContain('there is a user "Maria", and names are unique without regard to case');
  });
});

describe("add-user refuses", () => {
  it.each([
    { args: ["eve", "--fake-tls", "evil.example"], code: 3, says: "add-fake-tls-domain evil.example" },
    { args: ["eve", "--domain", "evil.example"], code: 3, says: "not on the list of cover domains" },
    { args: ["eve", "--fake-tls", "https://google.com/"], code: 3, says: "is not a domain name" },
    { args: ["eve", "--fake-tls", "google.com;id"], code: 3, says: "is not a domain name" },
    { args: ["eve", "--fake-tls", "127.0.0.1"], code: 3, says: "no address" },
    { args: ["eve", "--fake-tls", "google.com", "--domain", "microsoft.com"], code: 2, says: "two different domains" },
    { args: ["eve", "--plain", "--fake-tls"], code: 2, says: "either plain or fake-TLS" },
    { args: ["eve", "--domain"], code: 2, says: "argument missing" },
    { args: [], code: 2, says: "missing required argument 'name'" },
    { args: ["eve", "mallory"], code: 2, says: "too many arguments" },
    { args: [""], code: 3, says: "1 to 32 of a-z A-Z 0-9 . _ -" },
    { args: ["e".repeat(33)], code: 3, says: "is not a user name" },
    { args: ["eve adams"], code: 3, says: "is not a user name" },
    { args: [".eve"], code: 3, says: "starts with a letter or digit" },
    { args: ["../eve"], code: 3, says: "is not a user name" },
    { args: ["eve\n"], code: 3, says: "is not a user name" },
    { args: ["éve"], code: 3, says: "is not a user name" },
    { args: ["$(id)"], code: 3, says: "is not a user name" },
    { args: ["__proto__"], code: 3, says: "is not a user name" },
  ])("$args with exit code $code, and changes nothing", async ({ args, code, says }) => {
    const before = await home().usersText();
    const result = await home().mtproxy("add-user", ...args);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(says);
    expect(await home().usersText()).toBe(before);
  });

  test("a name beginning with a hyphen as an unknown option", async () => {
    expect(await home().mtproxy("add-user", "-eve")).toMatchObject({ code: 2 });
    expect(await home().mtproxy("add-user", "--", "-eve")).toMatchObject({ code: 3 });
  });
});

describe("add-user takes", () => {
  it.each(["a", "0", "constructor", "a.b_c-D", "x".repeat(32), "users"])("the name %s", async (name) => {
    const { link, files } = await home().add(name);
    expect(dirname(files.link)).toBe(home().path("data/clients", name));
    expect(await home().works(link)).toBe(true);
  });
});

describe("add-user --dry-run", () => {
  test("says what would come out, shows no link and changes nothing", async () => {
    const before = await home().usersText();
    const { code, stdout } = await home().mtproxy("add-user", "dorian", "--fake-tls", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run: nothing is changed/);
    expect(stdout).toContain("fake-TLS (ee) as google.com");
    expect(stdout).not.toContain("://");
    expect(await home().usersText()).toBe(before);
    expect(await readdir(home().path("data/clients"))).not.toContain("dorian");
  });

  test("refuses what the real command would refuse", async () => {
    await home().add("dora");
    expect(await home().mtproxy("add-user", "dora", "--plain", "--dry-run")).toMatchObject({ code: 5 });
    expect(await home().mtproxy("add-user", "a b", "--dry-run")).toMatchObject({ code: 3 });
  });
});
