import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { cardOf, sharedCliHome } from "../support/cli-home.ts";

const home = sharedCliHome();

/** The times of users.json with which this many hours have passed. */
async function later(hours: number): Promise<void> {
  const text = await home().usersText();
  const earlier = (instant: string) => new Date(Date.parse(instant) - hours * 3_600_000).toISOString();
  const pattern = /("mtproxy_(?:expires_at|previous_until)": ")([^"]+)/g;
  await home().putUsers(text.replace(pattern, (_, name: string, instant: string) => name + earlier(instant)));
}

const shards = () => readFile(home().path("config/mtproxy/shards.json"), "utf8");

describe("tick", () => {
  test("says nothing and changes nothing while nothing is due", async () => {
    await home().add("early", "--expires", "1d");
    const before = [await home().usersText(), await shards()];
    expect(await home().mtproxy("tick")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await home().mtproxy("tick", "--quiet")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const { json } = await home().mtproxy("tick", "--json");
    expect(json).toEqual({
      schema: "mtproxy/tick/1",
      ok: true,
      data: { expired: [], overlaps_ended: [], applied: false, retry_at: null },
      warnings: [],
      error: null,
    });
    expect([await home().usersText(), await shards()]).toEqual(before);
  });

  test("ends what has expired, which cannot be enabled again before there is more time", async () => {
    const { link } = await home().add("anna", "--expires", "12h");
    const other = await home().add("otto");
    await later(13);
    expect((await home().mtproxy("list-users")).stderr).toContain("anna's link has expired AND STILL WORKS");
    expect((await home().mtproxy("tick", "--dry-run", "--json")).json.data).toMatchObject({ expired: ["anna"] });
    expect(await home().works(link)).toBe(true);
    const ticked = await home().mtproxy("tick");
    expect(ticked).toMatchObject({ code: 0, stdout: "✓ anna's link has expired; secret and port are kept\n" });
    expect([await home().works(link), await home().works(other.link)]).toEqual([false, true]);
    expect(await home().mtproxy("tick")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const refused = await home().mtproxy("enable-user", "anna");
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(/anna's link expired on .* UTC\n {2}mtproxy set-user anna --expires 30d/);
    const more = await home().mtproxy("set-user", "anna", "--expires", "never");
    expect(more.stderr).toBe("! anna is still disabled: mtproxy enable-user anna\n");
    expect((await home().mtproxy("enable-user", "anna")).code).toBe(0);
    expect(await home().works(link)).toBe(true);
  });

  test("is safe to run many times at once", async () => {
    const { link } = await home().add("many", "--expires", "1h");
    await later(2);
    const results = await Promise.all([1, 2, 3, 4].map(() => home().mtproxy("tick", "--json")));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const expired = results.flatMap(({ json }) => (json.data as { expired: string[] }).expired);
    expect(expired.filter((name) => name === "many")).toEqual(["many"]);
    expect(await home().works(link)).toBe(false);
  });

  test("needs a home that is set up", async () => {
    const { code, stderr } = await home().mtproxy("tick", "--home", home().path("nowhere"));
    expect([code, stderr]).toEqual([6, expect.stringContaining("mtproxy setup")]);
  });
});

describe("regenerate-user-secret --overlap", () => {
  test("leaves the old link alive until its time comes, and says until when", async () => {
    const before = await home().add("rosa", "--fake-tls");
    const shown = await home().mtproxy("regenerate-user-secret", "rosa", "--overlap", "7d");
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /rosa has a new link; send it, the old one works until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/,
    );
    expect(shown.stdout).not.toContain(before.link);
    const after = cardOf(await home().mtproxy("show", "rosa", "--json"));
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([true, true]);
    expect((await home().mtproxy("show", "rosa")).stdout).toMatch(/\nOld link: works until /);
    expect((await home().mtproxy("link", "decode", before.link)).stderr).toContain("rosa has a newer link");
    await later(7 * 24 + 1);
    expect((await home().mtproxy("tick")).stdout).toContain(
      "✓ rosa's old link has ended; the new one goes on working\n",
    );
    expect([await home().works(before.link), await home().works(after.link)]).toEqual([false, true]);
    expect(await home().usersText()).not.toContain("previous");
  });

  test("that is no length of time is refused", async () => {
    const { code, stderr } = await home().mtproxy("regenerate-user-secret", "rosa", "--overlap", "soon");
    expect([code, stderr]).toEqual([3, expect.stringContaining('"soon" is not a length of time')]);
  });
});

test("what is pending becomes live with tick", async () => {
  const { link } = await home().add("pete");
  await home().putUsers(
    (await home().usersText()).replace(/("username": "pete"[^}]*"mtproxy_enabled": )true/, "$1false"),
  );
  expect(await home().works(link)).toBe(true);
  expect((await home().mtproxy("tick")).stdout).toBe("✓ what was pending is live\n");
  expect(await home().works(link)).toBe(false);
});
