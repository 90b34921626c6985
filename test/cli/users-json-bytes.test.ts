import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedCliHome } from "../support/cli-home.ts";

/** users.json as programs and people write it; OURS stands where a user of ours may come. */
const STYLES: Readonly<Record<string, string>> = {
  "as jq writes it": `{
  "users": [
    {
      "username": "vera",
      "uuid": "5b1e2f3a",
      "proxy_password": null,
      "traffic": 12345678901234567890,
      "ratio": 1.50,
      "tiny": 1e-400,
      "limits": {"up": -0, "down": [1, 2, {"a": "\\u00e4\\/"}]}
    }
  ],
  "version": 9007199254740993
}
`,
  "on one line": '{"version":1,"users":[{"username":"vera","uuid":null,"big":12345678901234567890}],"tail":{}}',
  "with tabs and CRLF":
    '{\r\n\t"users" : [\r\n\t\t{\r\n\t\t\t"username" : "vera",\r\n\t\t\t"big" : 12345678901234567890\r\n\t\t}\r\n\t]\r\n}\r\n',
  "with a byte order mark":
    '\uFEFF{\n    "users": [\n        {"username": "vera", "x": null, "big": 12345678901234567890}\n    ]\n}\n',
  "with blanks wherever they may be":
    ' {\n\n"before" :[ ],"users"\t: [ {"username" :"vera" , "big":\n12345678901234567890 }\n\n ,{ "username": "walter"}] , "users_old":[{"username":"x"}] }\n\n',
  "with names that we would refuse":
    '{"users": [{"username": "vera"}, {"username": "two words"}, {"username": 7}, null, {}, "x"], "a": 1}',
  "without anybody": '{"users": []}',
  "without a list": '{"version": "6.0"}',
  "with the list spelt in escapes": '{"\\u0075sers": [{"username": "ver\\u0061", "big": 12345678901234567890}]}',
  "with a member twice": '{"x": 1, "x": 2, "users": [{"username": "vera", "note": "a", "note": "b"}], "x": 3}',
};

/** Our members behind others: what is left without them must be the text from before. */
const ourMembers = /,\s*"mtproxy_\w+"\s*:\s*(?:"[^"]*"|true|false|null)/g;

const home = sharedCliHome();

/** Runs commands that must succeed. */
async function run(...commands: string[][]): Promise<void> {
  for (const command of commands) expect([command, (await home().mtproxy(...command)).code]).toEqual([command, 0]);
}

beforeAll(() => run(["vless-user", "add", "first"]));

describe.each(Object.keys(STYLES))("users.json %s", (style) => {
  const text = STYLES[style] ?? "";
  const hasVera = text.includes('"ver');

  test("is, byte by byte, what it was once people came, were disabled and went", async () => {
    await home().putUsers(text);
    await run(["add-user", "alice", "--fake-tls"], ["disable-user", "alice"], ["remove-user", "alice", "--yes"]);
    // The list itself is the one thing that stays of the first user ever.
    const before = text.includes("sers") ? text : '{"version": "6.0","users": []}';
    expect(await home().usersText()).toBe(before);
    if (!hasVera) return;
    await run(["add-user", "vera"], ["remove-user", "vera", "--yes"]);
    expect(await home().usersText()).toBe(before);
  });
});

test("what stands around our fields is what stood there before, as long as people have secrets", async () => {
  const text = STYLES["as jq writes it"] ?? "";
  await home().putUsers(text);
  const withoutOurs = async () => (await home().usersText()).replace(ourMembers, "");
  await run(["add-user", "vera", "--fake-tls"]);
  expect((await home().usersText()).match(ourMembers)).toHaveLength(5);
  expect(await withoutOurs()).toBe(text);
  for (const command of ["disable-user", "enable-user", "regenerate-user-secret"]) {
    await run([command, "vera"]);
    expect([command, await withoutOurs()]).toEqual([command, text]);
  }
});

describe("users.json with 10,000 people of a VLESS stack", () => {
  const people = Array.from({ length: 10_000 }, (_, index) => ({
    username: `user${index}`,
    uuid: randomUUID(),
    proxy_password: `p${index}`,
    traffic: { up: index, down: index * 2 },
  }));
  // A number that no JSON library keeps, in each record.
  const text = `${JSON.stringify({ users: people }, null, 3).replaceAll(/"up": (\d+)/g, '"up": 123456789012345678$1')}\n`;

  test("keeps every byte, and each command over it works", async () => {
    await home().putUsers(text);
    const { link } = await home().add("user9999", "--fake-tls");
    await run(["add-user", "somebody-new"], ["disable-user", "somebody-new"]);
    expect((await home().mtproxy("list-users", "--json")).json.data).toMatchObject({ enabled: 1, disabled: 10_000 });
    await run(["remove-user", "somebody-new", "--yes"], ["remove-user", "user9999", "--yes"]);
    expect(await home().works(link)).toBe(false);
    // Not `toBe`: what it would print of a difference is two megabytes long.
    expect((await home().usersText()) === text).toBe(true);
  });
});
