import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ShownPlan } from "../../src/app/live/show-plan.ts";
import type { ListedUser } from "../../src/app/people/list-users.ts";
import { type CliHome, cliHome } from "../support/cli-home.ts";

/** People who get a link while the stack writes; as many as there is time for get a record beside them. */
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
  const record = async (name: string) => (await home.vlessUser("add", name, "--quiet")).code;
  const link = async (name: string) => (await home.mtproxy("add-user", name, "--quiet")).code;
  let adding = true;
  const added: string[] = [];
  const addingAll = async (
    kind: string,
    add: (name: string) => Promise<number | string | null>,
    goesOn: () => boolean,
  ) => {
    for (let index = 0; goesOn(); index++) {
      expect(await add(`${kind}${index}`)).toBe(0);
      added.push(`${kind}${index}`);
    }
  };
  const others = Promise.all([addingAll("stack", run, () => adding), addingAll("record", record, () => adding)]);
  let links = 0;
  await addingAll("ours", link, () => links++ < ADDS);
  adding = false;
  await others;
  // An edit of users.json by us meets one of the stack's in each of these: fewer would prove little.
  expect(added.length).toBeGreaterThan(3 * ADDS);
  const names = (await listed(home)).map(({ username }) => username);
  expect(names.sort()).toEqual(["first", ...added].sort());
  JSON.parse(await readFile(home.path("data/users.json"), "utf8"));
}, 600_000);
