import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { type CliHome, cardOf, sharedCliHome } from "../support/cli-home.ts";
import { watchOnTerminal } from "../support/run-source.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

const home = sharedCliHome();

/** Takes people out of users.json, as another program would that knows nothing of us. */
async function deleteElsewhere({ usersText, putUsers }: CliHome, ...names: string[]): Promise<void> {
  const document = JSON.parse(await usersText()) as { users: { username: string }[] };
  document.users = document.users.filter(({ username }) => !names.includes(username));
  await putUsers(JSON.stringify(document, null, 2));
}

const clientFolders = () => readdir(home().path("data/clients"));

describe("disable-user", () => {
  test("ends the link for this one person, and enable-user brings the same link back", async () => {
    const [alice, bob] = [await home().add("alice"), await home().add("bob", "--fake-tls")];
    const disabled = await home().mtproxy("disable-user", "alice", "--json");
    expect(disabled.code).toBe(0);
    expect(disabled.json).toMatchObject({
      schema: "mtproxy/disable-user/1",
      ok: true,
      data: { username: "alice", enabled: false, changed: true, live: true },
    });
    expect([await home().works(alice.link), await home().works(bob.link)]).toEqual([false, true]);

    const enabled = await home().mtproxy("enable-user", "ALICE");
    expect(enabled).toMatchObject({ code: 0, stdout: "✓ alice is enabled: the same link works again\n" });
    expect(await home().works(alice.link)).toBe(true);
    expect(cardOf(await home().mtproxy("show-user-config", "alice", "--json"))).toEqual({ ...alice, added: undefined });
  });

  test("twice is no error and changes nothing", async () => {
    await home().add("twice");
    await home().mtproxy("disable-user", "twice");
    const before = await home().usersText();
    const again = await home().mtproxy("disable-user", "twice");
    expect(again.code).toBe(0);
    expect(again.stdout).toBe("✓ twice was already disabled: the link is dead, secret and port are kept\n");
    expect(await home().usersText()).toBe(before);
  });

  test("is what show and add-user tell of the link then", async () => {
    await home().add("donna");
    await home().mtproxy("disable-user", "donna");
    const warning = "donna is disabled, so the link does not work: mtproxy enable-user donna";
    for (const command of ["show-user-config", "add-user"]) {
      const shown = await home().mtproxy(command, "donna", "--json");
      expect(shown).toMatchObject({ code: 0 });
      expect(shown.json).toMatchObject({ ok: true, data: { enabled: false }, warnings: [warning] });
      const { stdout, stderr } = await home().mtproxy(command, "donna");
      expect(stdout).toContain("User:   donna (disabled)");
      expect(stderr).toBe(`! ${warning}\n`);
    }
  });

  test("--dry-run changes nothing", async () => {
    const { link } = await home().add("drew");
    const { code, stdout } = await home().mtproxy("disable-user", "drew", "--dry-run");
    expect([code, stdout.split("\n")[0]]).toEqual([0, "Dry run: nothing is changed, this is what would come out."]);
    expect(await home().works(link)).toBe(true);
  });
});

describe("regenerate-user-secret", () => {
  test("gives a new link that works on the same port, and the old one is dead", async () => {
    const before = await home().add("rosa", "--fake-tls", "microsoft.com");
    const result = await home().mtproxy("regenerate-user-secret", "rosa", "--json");
    const after = cardOf(result);
    expect(result.json.data).toMatchObject({ port: before.port, previous_port: before.port, mode: "fake-tls" });
    expect(after.domain).toBe("microsoft.com");
    expect(after.link).not.toBe(before.link);
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([false, true]);
    expect(await readFile(after.files.link, "utf8")).toContain(after.link);
  });

  test("tells a person to send the new link, and shows it", async () => {
    await home().add("rudi");
    const { code, stdout } = await home().mtproxy("regenerate-user-secret", "rudi");
    expect(code).toBe(0);
    expect(stdout).toContain("✓ rudi has a new link; send it, the old one is no use any more");
    expect(await home().works(/tg:\S+/.exec(stdout)?.[0] ?? "")).toBe(true);
  });

  test("keeps a disabled person out", async () => {
    const before = await home().add("ruth");
    await home().mtproxy("disable-user", "ruth");
    const after = cardOf(await home().mtproxy("regenerate-user-secret", "ruth", "--json"));
    expect(after.enabled).toBe(false);
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([false, false]);
    await home().mtproxy("enable-user", "ruth");
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([false, true]);
  });

  test("--dry-run shows no link at all, the old one least of all, and keeps it alive", async () => {
    const { link } = await home().add("rita");
    const { code, stdout } = await home().mtproxy("regenerate-user-secret", "rita", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run: nothing is changed/);
    expect(stdout).not.toContain("://");
    expect(await home().works(link)).toBe(true);
  });
});

describe("remove-user", () => {
  test("takes secret, files and access of a person whom we made", async () => {
    const { link } = await home().add("remo");
    const removed = await home().mtproxy("remove-user", "remo", "--yes", "--json");
    expect(removed.code).toBe(0);
    expect(removed.json).toMatchObject({
      schema: "mtproxy/remove-user/1",
      data: { username: "remo", had_secret: true, removed: "record", revoked: true },
    });
    expect(await home().works(link)).toBe(false);
    expect(await home().usersText()).not.toContain("remo");
    expect(await clientFolders()).not.toContain("remo");
  });

  test("leaves nothing of a person in users.json but what was there before", async () => {
    const before = await home().usersText();
    await home().add("gast", "--fake-tls");
    expect((await home().mtproxy("remove-user", "gast", "-y")).stdout).toBe(
      "✓ gast is removed; the old link is dead\n",
    );
    expect(await home().usersText()).toBe(before);
  });

  test("keeps the record of a person whom the VLESS stack made, byte by byte", async () => {
    const theirs = '{"username":"vlad" ,\t"uuid":"u","up":12345678901234567890,"x":null}';
    const document = await home().usersText();
    await home().putUsers(document.replace(/\n\s*\]\s*}\s*$/, `,\n    ${theirs}\n  ]\n}\n`));
    const before = await home().usersText();
    expect(before).toContain(theirs);
    const { link } = await home().add("vlad");
    const removed = await home().mtproxy("remove-user", "vlad", "--yes");
    expect(removed).toMatchObject({ code: 0 });
    expect(removed.stdout).toBe(
      "✓ vlad's secret is removed, the record stays for the VLESS stack; the old link is dead\n",
    );
    expect(await home().usersText()).toBe(before);
    expect(await home().works(link)).toBe(false);
    expect((await home().mtproxy("remove-user", "vlad", "--yes")).stdout).toBe("vlad has no MTProxy secret\n");
  });

  test("asks nobody where nobody can be asked, and names --yes", async () => {
    const { link } = await home().add("nora");
    for (const flags of [[], ["--no-input"], ["--json"]]) {
      const refused = await home().mtproxy("remove-user", "nora", ...flags);
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).toContain("User has MTProxy enabled. Remove secret?");
      expect(refused.stdout + refused.stderr).toContain("--yes");
    }
    expect(await home().works(link)).toBe(true);
  });

  test("asks at a terminal: n keeps the secret, Enter removes it", async () => {
    const { link } = await home().add("tim");
    const ask = async (typed: string) => {
      const command = [process.execPath, MTPROXY, "remove-user", "tim"];
      const shown = watchOnTerminal(command, { FAMILYTRAFFIC_HOME: home().home, NO_COLOR: "1" });
      await shown.until("? User has MTProxy enabled. Remove secret? [Y/n]");
      shown.child.stdin.write(typed);
      return { code: await shown.ended, output: shown.output() };
    };
    const kept = await ask("n\r");
    expect(kept.code).toBe(0);
    expect(kept.output).toContain("Nothing was removed: tim keeps the secret");
    expect(await home().works(link)).toBe(true);
    const removed = await ask("\r");
    expect(removed.code).toBe(0);
    expect(removed.output).toContain("✓ tim is removed; the old link is dead");
    expect(await home().works(link)).toBe(false);
  });

  test("at Ctrl-C ends with 130 and removes nothing", async () => {
    const { link } = await home().add("tina");
    const command = [process.execPath, MTPROXY, "remove-user", "tina"];
    const shown = watchOnTerminal(command, { FAMILYTRAFFIC_HOME: home().home });
    await shown.until("Remove secret?");
    shown.child.stdin.write("\x03");
    expect(await shown.ended).toBe(130);
    expect(await home().works(link)).toBe(true);
  });

  test("--dry-run says what would go, and asks nothing", async () => {
    const { link } = await home().add("dry");
    const { code, json } = await home().mtproxy("remove-user", "dry", "--dry-run", "--json");
    expect(code).toBe(0);
    expect(json.data).toEqual({ username: "dry", had_secret: true, removed: "record", revoked: false });
    expect(await home().works(link)).toBe(true);
  });
});

describe("a person who is not there", () => {
  test.each([
    ["remove-user", "--yes"],
    ["disable-user"],
    ["enable-user"],
    ["regenerate-user-secret"],
    ["show-user-config"],
    ["verify"],
  ])("%s ends with 4 and names the command that lists people", async (command, ...flags) => {
    const { code, json } = await home().mtproxy(command, "nobody", ...flags, "--json");
    expect(code).toBe(4);
    const error = {
      kind: "not-found",
      message: 'there is no user "nobody"',
      hint: "mtproxy list-users shows who there is",
    };
    expect(json).toMatchObject({ ok: false, data: null, error });
  });
});

describe("a person without a secret", () => {
  test.each(["disable-user", "enable-user", "regenerate-user-secret", "show-user-config", "verify"])(
    "%s ends with 5 and says how to give one",
    async (command) => {
      const name = `bare-${command}`;
      expect((await home().vlessUser("add", name)).code).toBe(0);
      const { code, stderr } = await home().mtproxy(command, name);
      expect(code).toBe(5);
      expect(stderr).toContain(`mtproxy add-user ${name}`);
    },
  );
});

describe("a person whom somebody else took out of users.json", () => {
  test("is named by every command that looks, loses access at the next that applies, and the key is never given again", async () => {
    const { link, files } = await home().add("gone");
    const key = parseLink(link).secret.key.reveal();
    await deleteElsewhere(home(), "gone");

    const warning = "a key of gone is taken away BUT STILL WORKS until that is live: mtproxy apply";
    for (const command of ["list-users", "list-user-secrets", "status", "plan"]) {
      const { code, json } = await home().mtproxy(command, "--json");
      expect([command, code, json.warnings]).toEqual([command, 0, expect.arrayContaining([warning])]);
      expect((await home().mtproxy(command)).stderr).toContain(`! ${warning}\n`);
    }
    const plan = (await home().mtproxy("plan", "--json", "--exit-code")).json;
    expect(plan).toMatchObject({
      data: { pending: true, revocations: [{ holder: "gone", shard_id: 1 }] },
      error: { kind: "pending" },
    });
    expect(await home().works(link)).toBe(true);

    const next = await home().mtproxy("add-user", "next", "--json");
    expect(next.json.warnings).toContain("gone is gone from users.json: the key is being revoked with this");
    expect(await home().works(link)).toBe(false);
    expect(await readFile(files.link, "utf8").catch(() => "none")).toBe("none");
    expect((await home().mtproxy("list-users", "--json")).json.warnings).toEqual([]);
    expect((await home().mtproxy("plan", "--exit-code")).code).toBe(0);

    // Whoever comes back under the name is another person.
    expect((await home().add("gone")).link).not.toBe(link);
    expect(await home().works(link)).toBe(false);
    expect(await readFile(home().path("config/mtproxy/shards.json"), "utf8")).not.toContain(key);
  });

  test("loses access with apply, which says so to people", async () => {
    const { link } = await home().add("ghost");
    await deleteElsewhere(home(), "ghost");
    const applied = await home().mtproxy("apply");
    expect(applied.code).toBe(0);
    expect(applied.stderr).toContain("! ghost is gone from users.json: the key is being revoked with this\n");
    expect(applied.stdout).toContain("the key of ghost on shard 1 stops working");
    expect(await home().works(link)).toBe(false);
  });
});
