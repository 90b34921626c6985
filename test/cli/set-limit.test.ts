import { describe, expect, test } from "vitest";
import { sharedCliHome } from "../support/cli-home.ts";

const home = sharedCliHome();

describe("set-limit", () => {
  test("saves what somebody may use, and says that it needs HAProxy routing", async () => {
    await home().add("lena");
    const before = JSON.parse(await home().usersText()).users[0];
    const { json } = await home().mtproxy("set-limit", "lena", "--addresses", "3", "--quota", "50G", "--json");
    expect(json).toMatchObject({
      ok: true,
      data: {
        username: "lena",
        limits: { connections: null, addresses: 3, quota_bytes: 50e9, quota_period: "month" },
        changed: true,
        in_force: false,
      },
      warnings: [expect.stringContaining("mtproxy enable-haproxy-routing")],
    });
    expect(JSON.parse(await home().usersText()).users[0]).toEqual({
      ...before,
      mtproxy_limits: { addresses: 3, quota_bytes: 50e9, quota_period: "month" },
    });
    const again = await home().mtproxy("set-limit", "lena", "--period", "30d", "--no-addresses");
    expect(again.stdout).toContain("50G in 30 days");
    expect(again.stdout).toContain("Addresses:   no limit");
    expect((await home().mtproxy("set-limit", "lena", "--rate", "1.5M")).stdout).toContain(
      "Rate:        1.5M a second",
    );
    expect((await home().mtproxy("show", "lena")).stdout).toContain("Limits: 50G in 30 days, 1.5M a second");
    await home().mtproxy("set-limit", "lena", "--rate", "none");
    const shown = await home().mtproxy("show", "lena");
    expect(shown.stdout).toContain("Limits: 50G in 30 days\n");
    const listed = await home().mtproxy("list-users", "--json");
    expect(listed.json).toMatchObject({ data: { users: [{ limits: { quota_bytes: 50e9, quota_period: "30d" } }] } });
  });

  test("changes nothing with --dry-run, and takes the field away with the last limit", async () => {
    await home().add("max");
    await home().mtproxy("set-limit", "max", "--connections", "24", "--dry-run");
    expect(await home().usersText()).not.toContain('"connections"');
    await home().mtproxy("set-limit", "max", "--connections", "24");
    expect(await home().usersText()).toContain('"connections"');
    const { json } = await home().mtproxy("set-limit", "max", "--no-connections", "--json");
    expect(json).toMatchObject({ data: { changed: true, limits: { connections: null } }, warnings: [] });
    expect(await home().usersText()).not.toContain('"connections"');
  });

  test.each([
    [["max"], 2, "there is nothing to change"],
    [["max", "--quota", "lots"], 3, '"lots" is not an amount of data'],
    [["max", "--period", "30d"], 2, "has no quota"],
    [["max", "--no-quota", "--period", "30d"], 2, "exclude each other"],
    [["max", "--rate", "9K"], 3, '"9K" is not a rate'],
    [["max", "--connections", "0"], 3, "not a number of connections"],
    [["nobody-here", "--connections", "8"], 4, 'no user "nobody-here"'],
  ])("refuses %j with exit code %i", async (args, code, message) => {
    expect(await home().mtproxy("set-limit", ...args)).toMatchObject({
      code,
      stderr: expect.stringContaining(message),
    });
  });
});
