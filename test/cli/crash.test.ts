import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListedUser } from "../../src/app/people/list-users.ts";
import { cliHome } from "../support/cli-home.ts";
import { killAtEach } from "../support/crash.ts";
import { canRun } from "../support/machine.mts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

/** Most writes of a process wake its own threads; every so many of them are tried here, every one of the calls that make state. */
const STEP = { rename: 1, fsync: 2, write: Number(process.env.MTPROXY_CRASH_STEP ?? 12) };

describe.runIf(canRun("strace"))("add-user that is killed", () => {
  it.each(["rename", "fsync", "write"] as const)(
    "at any %s loses nobody, and the same command again ends with a working link",
    async (call) => {
      const { home, mtproxy, add } = await cliHome();
      const alice = await add("alice");
      let name = "";
      const killed = await killAtEach(call, [process.execPath, MTPROXY, "add-user", "bob", "--home", home], {
        step: STEP[call],
        before: async () => {
          if (name !== "") expect((await mtproxy("remove-user", name, "--yes")).code).toBe(0);
        },
        after: async (at) => {
          name = "bob";
          const list = await mtproxy("list-users", "--json");
          expect(list.code, list.stdout).toBe(0);
          const names = (list.json.data as { users: ListedUser[] }).users.map(({ username }) => username);
          expect(names, `after call ${at}`).toContain("alice");
          const again = await mtproxy("add-user", "bob", "--json");
          expect(again.code, again.stdout).toBe(0);
          expect((await mtproxy("verify", alice.link, "bob", "-q")).code).toBe(0);
        },
      });
      expect(killed).toBeGreaterThan(2);
    },
    900_000,
  );
});
