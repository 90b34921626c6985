import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parseLink, tgLink } from "../../src/domain/link.ts";
import { revealSecret } from "../../src/domain/secret.ts";
import type { CliResult } from "../support/cli.ts";
import { type CliHome, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { KeyScan } from "../support/key-scan.ts";
import { watchOnTerminal } from "../support/run-source.ts";

interface Card {
  readonly number: number;
  readonly id: string;
  readonly mode: string;
  readonly domain: string | null;
  readonly secret: string;
  readonly link: string;
  readonly files: { readonly link: string };
}

const home = sharedCliHome();

async function add(to: CliHome, ...flags: string[]): Promise<Card> {
  return dataOf(await to.mtproxy("add-secret", ...flags, "--json")) as Card;
}

function dataOf({ code, stdout, stderr, json }: CliResult): unknown {
  if (code !== 0) throw new Error(`the command ended with ${code}: ${stdout}${stderr}`);
  return json.data;
}

const digitsOf = (link: string) => parseLink(link).secret.key.reveal();

test("add-secret prints a link that works, a QR code and where the files are", async () => {
  const { code, stdout, stderr } = await home().mtproxy("add-secret", "--description", "reading circle");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("!")]);
  const link = /tg:\S+/.exec(stdout)?.[0] ?? "";
  expect(stdout).toMatch(
    /^✓ Shared secret \d+ has a link; everybody who is given it shares it\n\nShared secret \d+, id s[0-9a-f]{6}\nFor: {4}reading circle\nMode: {3}padded \(dd\)\nSecret: dd\w{4}\.\.\.\w{4} \(masked\)\nServer: 127\.0\.0\.1 port \d+\n/,
  );
  expect(stdout).toContain("▄");
  expect(await home().works(link)).toBe(true);
  const file = /\S+mtproxy_link\.txt/.exec(stdout)?.[0] ?? "";
  expect(await readFile(file, "utf8")).toContain(`${link}\n`);
});

test("verify tries shared secrets too, and one by its id", async () => {
  const card = await add(home());
  const names = async (...args: string[]) => {
    const { links } = dataOf(await home().mtproxy("verify", ...args, "--json")) as {
      links: { name: string; ok: boolean }[];
    };
    return links.filter(({ ok }) => ok).map(({ name }) => name);
  };
  expect(await names()).toContain(card.id);
  expect(await names(card.id)).toEqual([card.id]);
});

test.each([
  [["--with-padding"], "dd", null],
  [["--plain"], "", null],
  [["--fake-tls"], "ee", "google.com"],
  [["--fake-tls", "--domain", "cloudflare.com"], "ee", "cloudflare.com"],
])("add-secret %j makes its kind", async (flags, prefix, domain) => {
  const card = await add(home(), ...flags);
  expect(card.domain).toBe(domain);
  expect(revealSecret(parseLink(card.link).secret).startsWith(prefix + digitsOf(card.link))).toBe(true);
  expect(await home().works(card.link)).toBe(true);
});

test.each([
  [["--plain", "--with-padding"], 2, "usage"],
  [["--plain", "--fake-tls"], 2, "usage"],
  [["--fake-tls", "unlisted.example"], 3, "invalid"],
])("add-secret %j is refused", async (flags, code, kind) => {
  const result = await home().mtproxy("add-secret", ...flags, "--json");
  expect([result.code, result.json.error?.kind]).toEqual([code, kind]);
});

describe("list-secrets", () => {
  test("shows number, id and masked secret, and no key", async () => {
    const one = await cliHome("--no-start");
    expect((await one.mtproxy("list-secrets")).stdout).toBe("No shared secrets: mtproxy add-secret\n");
    await one.run(["start"]);
    const card = await add(one, "--description", "choir");
    const { stdout } = await one.mtproxy("list-secrets");
    expect(stdout).toMatch(/^Shared Secrets:\n┌/);
    expect(stdout).toMatch(
      new RegExp(
        `│ 1 │ ${card.id} │ dd.{4}\\.\\.\\..{4} +│ padded \\(dd\\) │ - +│ ✓ +│ \\d{4}-\\d\\d-\\d\\d │ choir +│`,
      ),
    );
    expect(stdout).toMatch(/\n\nTotal: 1 active, 0 inactive\n$/);
    const { json } = await one.mtproxy("list-secrets", "--json");
    expect(json.data).toEqual({
      active: 1,
      secrets: [
        {
          ...{ number: 1, id: card.id, mode: "padded", domain: null, secret: card.secret, active: true },
          ...{ description: "choir", created_at: expect.stringMatching(/^\d{4}-/) },
        },
      ],
    });
    expect(new KeyScan([digitsOf(card.link)]).findIn(stdout + JSON.stringify(json))).toEqual([]);
  });
});

describe("show-config", () => {
  test("finds one by number, id, masked and whole secret, and shows the same link", async () => {
    const card = await add(home());
    const whole = revealSecret(parseLink(card.link).secret);
    for (const wanted of [String(card.number), card.id, card.secret, whole]) {
      const { secrets } = dataOf(await home().mtproxy("show-config", wanted, "--json")) as { secrets: Card[] };
      expect([wanted, secrets.map(({ link }) => link)]).toEqual([wanted, [card.link]]);
    }
  });

  test("shows all without a name", async () => {
    const card = await add(home());
    const { stdout } = await home().mtproxy("show-config");
    expect(stdout).toContain("Shared secret 1, id ");
    expect(stdout).toContain(card.link);
  });

  test("of one that is not there ends with 4 and repeats nothing that may be a key", async () => {
    const digits = "0123456789abcdef".repeat(2);
    for (const wanted of ["99", `dd${digits}`]) {
      const { code, stdout, stderr } = await home().mtproxy("show-config", wanted);
      expect([code, stdout]).toEqual([4, ""]);
      expect(stderr).toContain("mtproxy list-secrets");
      expect(stderr).not.toContain(digits);
    }
  });
});

describe("regenerate-secret", () => {
  test("gives a new link; the old one is dead when it returns", async () => {
    const before = await add(home());
    const { code, json } = await home().mtproxy("regenerate-secret", before.id, "--json");
    const after = json.data as Card & { previous_id: string };
    expect([code, after.previous_id, after.number]).toEqual([0, before.id, before.number]);
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([false, true]);
    const { stdout } = await home().mtproxy("regenerate-secret", after.id);
    expect(stdout).toContain(
      `✓ Shared secret ${before.number} has a new link; send it, the old one is no use any more`,
    );
  });

  test("of a secret that is not there ends with 4", async () => {
    expect((await home().mtproxy("regenerate-secret", "s000000")).code).toBe(4);
  });
});

describe("remove-secret", () => {
  test("needs an answer, and with --yes the link is dead when it returns", async () => {
    const [stays, goes] = [await add(home()), await add(home())];
    const unasked = await home().mtproxy("remove-secret", goes.id);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const { code, stdout } = await home().mtproxy("remove-secret", goes.id, "--yes");
    expect([code, stdout]).toEqual([
      0,
      `✓ Shared secret ${goes.number} (${goes.secret}) is removed; its link is dead\n`,
    ]);
    expect([await home().works(stays.link), await home().works(goes.link)]).toEqual([true, false]);
    await expect(readFile(goes.files.link)).rejects.toThrow("ENOENT");
    expect((await home().mtproxy("remove-secret", goes.id, "--yes", "--json")).code).toBe(4);
  });

  test("warns before the last one goes; n keeps it", async () => {
    const one = await cliHome();
    const card = await add(one);
    const dry = await one.mtproxy("remove-secret", "1", "--dry-run", "--json");
    expect([dry.code, dry.json.data, dry.json.warnings]).toEqual([
      0,
      expect.objectContaining({ last: true, removed: false }),
      [expect.stringContaining("nobody has a link that works without this secret")],
    ]);
    const bin = new URL("../../bin/familytraffic-mtproxy", import.meta.url).pathname;
    const shown = watchOnTerminal([process.execPath, bin, "remove-secret", "1"], { FAMILYTRAFFIC_HOME: one.home });
    await expect.poll(shown.output).toContain("[y/N]");
    shown.child.stdin.write("n\r");
    await shown.ended;
    expect(shown.output()).toContain("nobody has a link that works without this secret");
    expect(await one.works(card.link)).toBe(true);
    const gone = await one.mtproxy("remove-secret", "1", "--yes", "--json");
    expect([gone.code, gone.json.data]).toEqual([0, expect.objectContaining({ last: true, revoked: true })]);
    expect(await one.works(card.link)).toBe(false);
  });

  test("says that the link still works while a user has the same key", async () => {
    const one = await cliHome();
    const card = await add(one);
    const secret = revealSecret(parseLink(card.link).secret);
    await one.vlessUser("add", "bob");
    await one.putUsers(JSON.stringify({ users: [{ username: "bob", mtproxy_secret: secret }] }));
    const { code, json } = await one.mtproxy("remove-secret", "1", "--yes", "--json");
    expect([code, json.error?.message]).toEqual([5, expect.stringContaining("STILL WORKS: bob has the same key")]);
    expect(await one.works(card.link)).toBe(true);
  });
});

test("shared secrets of the file's older shapes are listed and served", async () => {
  const one = await cliHome();
  const digits = "5a".repeat(16);
  const old = { secrets: [{ value: `dd${digits}`, padding_enabled: true, active: true, description: "from before" }] };
  const { writeFile } = await import("node:fs/promises");
  await writeFile(one.path("config/mtproxy/mtproxy_secrets.json"), JSON.stringify(old));
  expect((await one.mtproxy("apply")).code).toBe(0);
  const { secrets } = dataOf(await one.mtproxy("show-config", "1", "--json")) as { secrets: Card[] };
  const [card] = secrets;
  expect(card && tgLink(parseLink(card.link))).toContain(`secret=dd${digits}`);
  expect(await one.works(card?.link ?? "")).toBe(true);
});
