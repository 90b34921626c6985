import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cliHome } from "../support/cli-home.ts";

test("a key that another program replaced leaves no dead link in the person's files, whichever command makes it live", async () => {
  const home = await cliHome();
  await home.add("alice");
  const document = JSON.parse(await home.usersText()) as { users: { mtproxy_secret: string }[] };
  await home.putUsers(
    JSON.stringify({ users: document.users.map((user) => ({ ...user, mtproxy_secret: `dd${"5a17".repeat(8)}` })) }),
  );
  await home.add("bob");
  const [link = ""] = (await readFile(home.path("data/clients/alice/mtproxy_link.txt"), "utf8")).split("\n");
  expect(link).toContain("5a17");
  expect(await home.works(link)).toBe(true);
});
