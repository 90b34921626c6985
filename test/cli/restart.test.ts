import { expect, test } from "vitest";
import { cliHome } from "../support/cli-home.ts";

test("restart says what it does not make live, and only then", async () => {
  const home = await cliHome();
  const { link } = await home.add("alice");
  const quiet = await home.mtproxy("restart", "--json");
  expect(quiet).toMatchObject({ code: 0, json: { data: { done: "restarted" }, warnings: [] } });

  await home.putUsers((await home.usersText()).replace('"mtproxy_enabled": true', '"mtproxy_enabled": false'));
  for (const flags of [["--dry-run"], []]) {
    const { code, json } = await home.mtproxy("restart", "--json", ...flags);
    expect(code).toBe(0);
    expect(json.warnings).toEqual([
      "a key of alice is taken away BUT STILL WORKS until that is live: mtproxy apply",
      expect.stringMatching(/^changes are saved that a restart does not make live: .*mtproxy apply/),
    ]);
  }
  expect(await home.works(link)).toBe(true);

  await home.mtproxy("apply");
  expect(await home.works(link)).toBe(false);
  expect((await home.mtproxy("restart", "--json")).json.warnings).toEqual([]);
});
