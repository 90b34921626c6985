import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ShownPlan } from "../../src/app/live/show-plan.ts";
import type { ListedUser } from "../../src/app/people/list-users.ts";
import { type CliHome, cliHome } from "../support/cli-home.ts";

const ADDS = Number(process.env.MTPROXY_CONCURRENT_ADDS ?? 60);

async function listed({ mtproxy }: CliHome): Promise<ListedUser[]> {
  return ((await mtproxy("list-users", "--json")).json.data as { users: ListedUser[] }).users;
}

it("thirty add-users at the same time give thirty users, all placed and working", async () => {
  const home = await cliHome();
  const names = Array.from({ length: 30 }, (_, index) => `user${index}`);
  const results = await Promise.all(names.map((name) => home.mtproxy("add-user", name, "--json")));
  expect(results.map(({ code }) => code)).toEqual(names.map(() => 0));
  expect((await listed(home)).map(({ username }) => username).sort()).toEqual([...names].sort());
  expect((await home.mtproxy("verify", "--json")).json.data).toMatchObject({ working: 30, failing: 0 });
  expect(((await home.mtproxy("plan", "--json")).json.data as ShownPlan).pending).toBe(false);
}, 300_000);

/** What the VLESS stack's scripts do: take the lock, read, change, write in place. */
const STACK = `
import { readFileSync, writeFileSync } from "node:fs";
const [path, name] = process.argv.slice(2);
const document = JSON.parse(readFileSync(path, "utf8"));
document.users.push({ username: name, uuid: "stack", traffic: { up: 12345678901234567890n.toString() } });
writeFileSync(path, JSON.stringify(document, null, 4));
`;

it("a script that writes users.json in place under the stack's lock loses nobody and nobody of its own", async () => {
  const home = await cliHome();
  await home.add("first");
  const script = join(home.home, "stack.mjs");
  await writeFile(script, STACK);
  const run = (name: string) =>
    new Promise<number | null>((end) => {
      spawn("flock", [`${home.home}.lock`, process.execPath, script, home.path("data/users.json"), name], {
        stdio: "ignore",
      }).once("close", end);
    });
  let adding = true;
  let stackUsers = 0;
  const stack = (async () => {
    while (adding) expect(await run(`stack${stackUsers++}`)).toBe(0);
  })();
  for (let index = 0; index < ADDS; index++)
    expect((await home.mtproxy("add-user", `ours${index}`, "--quiet")).code).toBe(0);
  adding = false;
  await stack;
  const names = new Set((await listed(home)).map(({ username }) => username));
  for (let index = 0; index < ADDS; index++) expect(names).toContain(`ours${index}`);
  for (let index = 0; index < stackUsers; index++) expect(names).toContain(`stack${index}`);
  JSON.parse(await readFile(home.path("data/users.json"), "utf8"));
}, 600_000);
