import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { AddedUsers } from "../../src/app/people/add-users.ts";
import { sharedCliHome } from "../support/cli-home.ts";

const home = sharedCliHome();

async function list(...lines: string[]): Promise<string> {
  const file = home().path("people.csv");
  await writeFile(file, lines.join("\n"));
  return file;
}

describe("add-user", () => {
  test("with an end, a note and tags shows them with the link, and lists show them", async () => {
    const { code, stdout } = await home().mtproxy(
      ...[
        "add-user",
        "erin",
        "--expires",
        "2099-12-31",
        "--note",
        "cousin of bob",
        "--tag",
        "school",
        "--tag",
        "paris",
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toContain(
      "User:   erin\nNote:   cousin of bob\nTags:   school, paris\nUntil:  2100-01-01 00:00 UTC\nMode:",
    );
    const { json, stdout: text } = await home().mtproxy("list-users", "--json");
    expect(json.data).toMatchObject({
      users: [
        { note: "cousin of bob", tags: ["school", "paris"], expires_at: "2100-01-01T00:00:00.000Z", expired: false },
      ],
    });
    expect(text).not.toContain("undefined");
    expect((await home().mtproxy("list-users")).stdout).toContain("│ 2100-01-01 00:00 UTC │");
  });

  test.each([
    [["--expires", "yesterday"], 3, '"yesterday" is not a date'],
    [["--expires", "2020-01-01"], 3, "has passed already"],
    [["--note", `see ${"1f".repeat(16)}`], 3, "may hold a key"],
    [["--tag", "two words"], 3, '"two words" is not a tag'],
  ])("%j is refused, and nobody is added", async (flags, expected, reason) => {
    const before = await home().usersText();
    const { code, stdout, stderr } = await home().mtproxy("add-user", "fred", ...flags);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain(reason);
    expect(await home().usersText()).toBe(before);
  });

  test("needs a name or a list, and not both", async () => {
    expect(await home().mtproxy("add-user")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'name'"),
    });
    const both = await home().mtproxy("add-user", "x", "--from-file", "y");
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("its columns are name,mode") });
    expect((await home().mtproxy("add-user", "--plain", "--from-file", "y")).code).toBe(2);
    expect((await home().mtproxy("add-user", "--from-file", "/no/such")).code).toBe(4);
  });

  test("--from-file adds everybody of a list and proves the links", async () => {
    const file = await list("name,mode,note", "gina,,", 'hal,ee,"uncle, the elder"');
    const dry = await home().mtproxy("add-user", "--from-file", file, "--dry-run");
    expect(dry.stdout).toContain("2 new, 0 there already, 0 refused");
    expect(dry.stdout).not.toContain("tg://");
    const { code, json } = await home().mtproxy("add-user", "--from-file", file, "--json");
    expect([code, json.schema, json.ok]).toEqual([0, "mtproxy/add-user/1", true]);
    const { lines } = json.data as AddedUsers;
    expect(lines).toMatchObject([
      { line: 2, username: "gina", result: "added", card: { mode: "padded" } },
      { line: 3, username: "hal", result: "added", card: { mode: "fake-tls", note: "uncle, the elder" } },
    ]);
    for (const { card } of lines) expect(await home().works(card?.link ?? "")).toBe(true);
    const again = await home().mtproxy("add-user", "--from-file", file);
    expect(again.stdout).toMatch(/✓ line 2: gina is there already\n {4}tg:\/\/\S+\n/);
  });

  test("--from-file with a wrong line adds nobody and names the line", async () => {
    const before = await home().usersText();
    const { code, stdout, stderr } = await home().mtproxy("add-user", "--from-file", await list("ida", "two words"));
    expect(code).toBe(3);
    expect(stdout).toContain("✗ line 2: two words: ");
    expect(stderr).toContain("a line of the list cannot be taken, so nobody was added");
    expect(await home().usersText()).toBe(before);
  });
});

describe("set-user", () => {
  test("changes what is written down, and says what it is now", async () => {
    await home().add("kai");
    const { code, stdout } = await home().mtproxy(
      "set-user",
      "kai",
      "--note",
      "neighbour",
      "--expires",
      "2099-12-31T12:00Z",
    );
    expect(code).toBe(0);
    expect(stdout).toBe("✓ kai is changed\n  Note: neighbour\n  Tags: -\n  Link ends: 2099-12-31 12:00 UTC\n");
    const { json } = await home().mtproxy("set-user", "kai", "--note", "", "--expires", "never", "--json");
    expect(json).toMatchObject({
      schema: "mtproxy/set-user/1",
      data: { username: "kai", note: null, tags: [], expires_at: null, enabled: true, changed: true },
    });
  });

  test("of nobody, or to nothing, fails", async () => {
    expect((await home().mtproxy("set-user", "nobody", "--note", "x")).code).toBe(4);
    expect(await home().mtproxy("set-user", "kai")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--expires"),
    });
  });
});
