import { expect, test } from "vitest";
import { cliHome } from "../support/cli-home.ts";

test("a link that was revoked while the proxy was stopped stays dead however the proxy is started again", async () => {
  const home = await cliHome();
  const [alice, bob] = [await home.add("alice"), await home.add("bob")];
  await home.mtproxy("stop");
  const removed = await home.mtproxy("remove-user", "alice", "--yes", "--json");
  expect(removed).toMatchObject({ code: 6, json: { ok: false, data: { revoked: false } } });

  expect(await home.mtproxy("restart")).toMatchObject({ code: 0 });
  expect([await home.works(alice.link), await home.works(bob.link)]).toEqual([false, true]);
});
