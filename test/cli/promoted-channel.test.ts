import { readdir, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { sharedCliHome } from "../support/cli-home.ts";

const TAG = `7f${"0".repeat(28)}7f`;
const home = sharedCliHome();

describe("on the trial engine", () => {
  test.each([["set-promoted-channel", TAG], ["set-promoted-channel", TAG, "--dry-run"], ["setup-promoted-channel"]])(
    "%s is refused with the reason and the way out, and nothing is written",
    async (...command) => {
      const { code, json } = await home().mtproxy(...command, "--json");
      expect(code).toBe(5);
      expect(json).toMatchObject({
        ok: false,
        data: null,
        error: {
          kind: "conflict",
          message: expect.stringContaining("the trial engine has no promoted channels"),
          hint: expect.stringContaining("mtproxy setup --engine docker"),
        },
      });
      expect(await readdir(home().path("config/mtproxy"))).not.toContain("promoted_channel.json");
    },
  );

  test("there is nothing to show or to remove", async () => {
    expect(await home().mtproxy("show-promoted-channel")).toMatchObject({
      code: 0,
      stdout: "No promoted channel: mtproxy setup-promoted-channel sets one\n",
    });
    const removed = await home().mtproxy("remove-promoted-channel");
    expect(removed).toMatchObject({ code: 4, stdout: "" });
    expect(removed.stderr).toContain("mtproxy setup-promoted-channel");
  });

  test("a tag that is remembered from the other engine is shown as not carried, and can be removed", async () => {
    const document = { version: 1, enabled: true, proxy_tag: TAG, channel_username: "@mytechchannel" };
    await writeFile(home().path("config/mtproxy/promoted_channel.json"), JSON.stringify(document));
    const shown = await home().mtproxy("show-promoted-channel");
    expect(shown.stdout).toMatch(
      new RegExp(
        `^Promoted channel:\n  Tag: ${TAG}\n  Channel: @mytechchannel\n  Status: active\n  Carried by: 0 of 1 `,
      ),
    );
    expect((await home().mtproxy("show-promoted-channel", "--json")).json.data).toMatchObject({
      proxy_tag: TAG,
      channel_username: "@mytechchannel",
      enabled: true,
      live: false,
      statistics_url: "https://t.me/MTProxybot",
    });
    const removed = await home().mtproxy("remove-promoted-channel");
    expect(removed).toMatchObject({
      code: 0,
      stdout: "✓ Promoted channel removed\n✓ MTProxy now running without promoted channel\n",
    });
    expect((await home().mtproxy("show-promoted-channel")).stdout).toContain("  Status: inactive\n");
  });
});

test.each([
  ["a dd secret", `dd${"1a".repeat(16)}`, "is a secret"],
  ["34 digits", `7f${"0".repeat(30)}7f`, "this has 34"],
  ["a channel", "@mytechchannel", "is a channel, not a proxy tag"],
])("%s in the place of the tag is refused with the reason", async (_, text, reason) => {
  const { code, stdout, stderr } = await home().mtproxy("set-promoted-channel", text);
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain("1a1a1a");
});
