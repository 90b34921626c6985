import { cp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Exported } from "../../src/app/moving/export-users.ts";
import { importFormatNames } from "../../src/state/import/formats.ts";
import { type CliHome, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { importSamples, samples } from "../support/import-samples.ts";
import { KeyScan } from "../support/key-scan.ts";
import { tempFolder } from "../support/temp-home.ts";

interface ImportedJson {
  readonly format: string;
  readonly users: readonly {
    readonly username: string;
    readonly link: string;
    readonly enabled: boolean;
    readonly port: number;
    readonly shard_id: number;
    readonly former_port: number | null;
    readonly renamed_from: string | null;
    readonly present: boolean;
  }[];
  readonly skipped: readonly { readonly what: string; readonly reason: string }[];
  readonly cover_domains_added: readonly string[];
  readonly settings: readonly { readonly name: string; readonly command: string }[];
  readonly imported: boolean;
  readonly cost: { readonly restarts: number } | null;
}

const linkTo = (port: number, secret: string) => `tg://proxy?server=127.0.0.1&port=${port}&secret=${secret}`;

const scan = new KeyScan(
  samples.flatMap(({ people }) => Object.values(people)).map((secret) => secret.replace(/^(dd|ee)/, "").slice(0, 32)),
);

/** The samples as they would lie on this home's own server. */
async function samplesFor(port: number, folder: string): Promise<string> {
  await cp(importSamples, folder, { recursive: true });
  const files = [...samples.map(({ file }) => file), "mtproxymax/settings.conf"];
  for (const path of files.map((file) => join(folder, file))) {
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replaceAll("8443", String(port)).replaceAll("proxy.example", "127.0.0.1"));
  }
  return folder;
}

/** What this product writes itself. */
const ownFormats = ["export", "export-csv", "users"];

test("every format is imported here, and the links of its people verified", () => {
  const ofPeople = samples.filter(({ people }) => Object.keys(people).length > 0).map(({ format }) => format);
  // The settings of the old stack name nobody; that they are read is seen with the others.
  const all = new Set([...ofPeople, ...ownFormats, "familytraffic-config"]);
  expect([...all].sort()).toEqual([...importFormatNames].sort());
});

describe("people of another proxy", () => {
  const home = sharedCliHome();
  let folder = "";
  beforeAll(async () => {
    folder = await samplesFor(home().port, home().path("backups/peers"));
    await home().vlessUser("add", "somebody");
  });

  test.each(samples)("come from $format ($file) with links that work unchanged", async (sample) => {
    const { format, file, people, disabled = [], settings = [], coverDomains = [], refused = [] } = sample;
    const before = await home().usersText();
    const dry = await home().mtproxy("import", join(folder, file), "--dry-run", "--json");
    expect(dry.code, dry.stdout).toBe(0);
    expect(await home().usersText()).toBe(before);
    const result = await home().mtproxy("import", join(folder, file), "--json");
    expect(result.code, result.stdout).toBe(0);
    expect(scan.findIn(dry.stdout + result.stdout + result.stderr)).toEqual([]);
    const [data, foreseen] = [result.json.data as ImportedJson, dry.json.data as ImportedJson];
    expect(data.format).toBe(format);
    expect(data.users).toEqual(foreseen.users);
    expect(foreseen.cost).toMatchObject({ restarts: 0 });
    const secrets = Object.values(people);
    expect(data.users).toHaveLength(secrets.length);
    expect(data.skipped).toHaveLength(refused.length);
    expect(data.cover_domains_added).toEqual(coverDomains);
    expect(data.settings.map(({ name }) => name)).toEqual(settings);
    for (const { link, former_port, port } of data.users)
      expect([link, former_port ?? home().port, port]).toEqual([
        former_port === null ? "unknown" : "same",
        home().port,
        home().port,
      ]);
    expect(data.users.some(({ former_port }) => former_port !== null)).toBe(sample.knowsPort);
    const enabled = secrets.filter((_, index) => data.users[index]?.enabled);
    expect(enabled).toHaveLength(secrets.length - disabled.length);
    const links = enabled.map((secret) => linkTo(home().port, secret));
    if (links.length > 0) expect((await home().mtproxy("verify", ...links)).code).toBe(0);
    const whole = await home().usersText();
    for (const secret of secrets) expect(whole).toContain(`"${secret}"`);
  });

  test("are there already the second time, and nothing is written", async () => {
    const before = await home().usersText();
    const { code, stdout } = await home().mtproxy("import", join(folder, "telemt/config.toml"));
    expect(code).toBe(0);
    expect(stdout).toContain("Nobody new from telemt");
    expect(stdout).toContain("  hello: is already there");
    expect(await home().usersText()).toBe(before);
  });

  test("show no key to people either", async () => {
    const home = await cliHome();
    for (const flags of [["--dry-run"], ["--debug"]]) {
      const { stdout, stderr } = await home.mtproxy("import", join(folder, "links/links.txt"), ...flags);
      expect(scan.findIn(stdout + stderr)).toEqual([]);
    }
  });
});

describe("import tells people", () => {
  test("who lands where, what is not taken and why, and which command sets what was found", async () => {
    const home = await cliHome();
    const folder = await samplesFor(home.port + 1, join(await tempFolder(), "peers"));
    await home.vlessUser("add", "anna");
    const path = join(folder, "mtproxymax/secrets.conf");
    const { code, stdout } = await home.mtproxy("import", path, "--dry-run");
    expect(code).toBe(0);
    const masked = stdout.replaceAll(String(home.port + 1), "THERE").replaceAll(String(home.port), "HERE");
    expect(masked.replace(path, "FILE")).toMatchInlineSnapshot(`
      "Dry run: nothing is changed, this is what would come out.

      Would import 3 people from MTProxyMax: FILE

      ┌──────────────────┬──────────┬─────────────────┬───────┬───────┬────────────────────┐
      │ User             │ Mode     │ Domain          │ Shard │ Port  │ Link               │
      ├──────────────────┼──────────┼─────────────────┼───────┼───────┼────────────────────┤
      │ anna             │ fake-tls │ www.example.org │ 1     │ HERE │ port THERE → HERE │
      │ ben (was _ben)   │ fake-tls │ www.example.org │ 1     │ HERE │ port THERE → HERE │
      │ chris (disabled) │ fake-tls │ www.example.org │ 1     │ HERE │ port THERE → HERE │
      └──────────────────┴──────────┴─────────────────┴───────┴───────┴────────────────────┘

      Cover domains added to the list:
        www.example.org

      Set there, and not taken:
        port THERE (here HERE): mtproxy set-port THERE
        tag 1111111111111111111111111111aaaa (here none): mtproxy set-promoted-channel 1111111111111111111111111111aaaa

      Beside that:
        not taken: limits of 1 person

      Links that change their port: anna, ben, chris

      Costs: 0 restarts, 0 live connections cut; then 1 process
      "
    `);
  });

  test("a person in users.json without a secret gets this one, one with another secret is somebody else", async () => {
    const home = await cliHome();
    await home.vlessUser("add", "Olga");
    await home.add("peter");
    const list = join(await tempFolder(), "list.txt");
    await writeFile(list, `olga dd${"a1".repeat(16)}\npeter dd${"a2".repeat(16)}\nagain dd${"a2".repeat(16)}\n`);
    const { code, json } = await home.mtproxy("import", list, "--json");
    const { users, skipped } = json.data as ImportedJson;
    expect(code).toBe(0);
    expect(users.map(({ username, present, renamed_from }) => [username, present, renamed_from])).toEqual([
      ["Olga", true, "olga"],
      ["peter-2", false, "peter"],
    ]);
    expect(skipped).toEqual([{ what: "again", reason: "peter-2 has this key already" }]);
    expect((await home.mtproxy("verify")).code).toBe(0);
  });

  test("whose time was up there does not get in here, and notes come along but for what may be a key", async () => {
    const home = await cliHome();
    const path = join(await tempFolder(), "secrets.conf");
    const key = (digit: string) => digit.repeat(32);
    await writeFile(
      path,
      `late|${key("c")}|0|true|0|0|0|2020-01-31|=1+1, he said|\nsoon|${key("d")}|0|true|0|0|0|2099-01-31|see dd${key("d")}|\n`,
    );
    expect((await home.mtproxy("import", path)).code).toBe(0);
    const users = JSON.parse(await home.usersText()).users as Record<string, unknown>[];
    expect(users.map((user) => [user.mtproxy_enabled, user.mtproxy_expires_at, user.mtproxy_note])).toEqual([
      [false, "2020-02-01T00:00:00.000Z", "=1+1, he said"],
      [true, "2099-02-01T00:00:00.000Z", undefined],
    ]);
    const { stdout } = await home.mtproxy("export", "--format", "csv");
    expect(stdout).toContain(`,"'=1+1, he said",`);
  });

  test("where the links lead elsewhere, who has to be sent a new one", async () => {
    const home = await cliHome();
    const list = join(await tempFolder(), "list.txt");
    const secret = (digits: string) => `dd${digits.repeat(16)}`;
    await writeFile(
      list,
      `a ${linkTo(home.port + 1, secret("b1"))}\nb tg://proxy?server=old.example&port=${home.port}&secret=${secret("b2")}\n`,
    );
    const { stdout } = await home.mtproxy("import", list);
    expect(stdout).toContain("Links that change their port: a\nLinks that name another server: b");
  });

  test.each([
    ["a file that is not there", undefined, 4, "there is no file"],
    ["a file of no known kind", "hello\n", 3, "is of no kind that can be imported"],
    ["a broken file", "[access.users]\na = \n", 3, "is not TOML: look at line 2"],
  ])("%s is refused", async (_, text, code, says) => {
    const home = await cliHome("--no-start");
    const path = join(await tempFolder(), "file");
    if (text !== undefined) await writeFile(path, text);
    const result = await home.mtproxy("import", path);
    expect([result.code, result.stdout]).toEqual([code, ""]);
    expect(result.stderr).toContain(says);
  });

  test("a format that does not exist is a usage error that lists those that do", async () => {
    const home = await cliHome("--no-start");
    const path = join(await tempFolder(), "file");
    await writeFile(path, "x");
    const { code, stderr } = await home.mtproxy("import", path, "--from", "toml");
    expect([code, stderr]).toEqual([2, expect.stringContaining("mtproxymax, ")]);
  });
});

describe("export", () => {
  const home = sharedCliHome();
  beforeAll(async () => {
    await home().add("alice");
    await home().add("bob", "--fake-tls");
    await home().add("carol", "--plain");
    await home().mtproxy("disable-user", "carol");
  });

  test("shows everybody, and no key unasked", async () => {
    for (const format of ["json", "csv"]) {
      const { code, stdout } = await home().mtproxy("export", "--format", format);
      expect([code, /[0-9a-f]{32}/.test(stdout)]).toEqual([0, false]);
      for (const name of ["alice", "bob", "carol"]) expect(stdout).toContain(name);
    }
  });

  test("as CSV has a line each, and secrets where they are asked for", async () => {
    const { stdout } = await home().mtproxy("export", "--format", "csv", "--with-secrets");
    const [head, alice = ""] = stdout.split("\n");
    expect(head).toBe("username,enabled,mode,domain,server,port,created_at,expires_at,note,tags,group,secret,link");
    expect(alice).toMatch(
      /^alice,true,padded,,127\.0\.0\.1,\d+,2\S+Z,,,,,(dd[0-9a-f]{32}),tg:\/\/proxy\?\S+&secret=\1$/,
    );
  });

  test("as JSON is one document of its own, and in the envelope the same", async () => {
    const document = JSON.parse((await home().mtproxy("export", "--with-secrets")).stdout);
    const { json } = await home().mtproxy("export", "--with-secrets", "--json");
    expect(document).toEqual({ version: 1, users: (json.data as Exported).users });
    expect(
      document.users.map(({ username, enabled }: { username: string; enabled: boolean }) => [username, enabled]),
    ).toEqual([
      ["alice", true],
      ["bob", true],
      ["carol", false],
    ]);
  });

  /** The links that people have, but for the port, behind which the other home's proxy is. */
  async function verifyIn(other: CliHome): Promise<void> {
    const { users } = (await home().mtproxy("export", "--with-secrets", "--json")).json.data as Exported;
    const linksOf = (enabled: boolean) =>
      users.filter((user) => user.enabled === enabled).map(({ secret }) => linkTo(other.port, secret ?? ""));
    const verified = await other.mtproxy("verify", ...linksOf(true));
    expect([verified.code, linksOf(true).length], verified.stdout).toEqual([0, 2]);
    expect((await other.mtproxy("verify", ...linksOf(false))).code).toBe(9);
  }

  test("comes as users.json to another home, where the links that people have work", async () => {
    const path = join(await tempFolder(), "people");
    await writeFile(path, await home().usersText());
    const other = await cliHome();
    const result = await other.mtproxy("import", path, "--json");
    expect([result.code, (result.json.data as ImportedJson).format], result.stdout).toEqual([0, "users"]);
    await verifyIn(other);
  });

  test.each(["json", "csv"])(
    "written as %s is only its owner's to read, and imported elsewhere gives the same links, which work",
    async (format) => {
      const path = join(await tempFolder(), `people.${format}`);
      const { code } = await home().mtproxy("export", "--format", format, "--with-secrets", "--output", path);
      expect([code, (await stat(path)).mode & 0o777]).toEqual([0, 0o600]);
      const again = await home().mtproxy("export", "--output", path);
      expect([again.code, again.stderr]).toEqual([5, expect.stringContaining("is there already")]);
      const other = await cliHome();
      const result = await other.mtproxy("import", path, "--json");
      expect(result.code, result.stdout).toBe(0);
      const [theirs, ours] = await Promise.all(
        [other, home()].map(async (one) => {
          const { json } = await one.mtproxy("export", "--with-secrets", "--json");
          return (json.data as Exported).users.map(({ username, secret, enabled }) => [username, secret, enabled]);
        }),
      );
      expect(theirs).toEqual(ours);
      expect((result.json.data as ImportedJson).format).toBe(format === "json" ? "export" : "export-csv");
      await verifyIn(other);
    },
  );
});
