import { describe, expect, test } from "vitest";
import { runCli, withHome } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";

const home = sharedCliHome();

describe("link decode", () => {
  test("says whose a link is, and takes it apart", async () => {
    const { link, tme_link } = await home().add("alice", "--fake-tls", "google.com");
    const { code, json } = await home().mtproxy("link", "decode", `<${tme_link}>`, "--json");
    expect(code).toBe(0);
    expect(json).toMatchObject({
      schema: "mtproxy/link-decode/1",
      ok: true,
      data: {
        kind: "link",
        mode: "fake-tls",
        domain: "google.com",
        server: "127.0.0.1",
        port: home().port,
        link,
        repairs: ["quotes and brackets around it are left out"],
        holders: [{ username: "alice", shared_secret: null, enabled: true, current: true }],
      },
      warnings: [],
    });
    const { stdout } = await home().mtproxy("link", "decode", link);
    expect(stdout).toContain("Mode:   fake-TLS (ee) as google.com\n");
    expect(stdout).toContain("Whose:  alice\n");
  });

  test("tells an old link of somebody, and one of nobody", async () => {
    const { link } = await home().add("bob");
    const old = await home().mtproxy("link", "decode", link.replace(/port=\d+/, "port=1"), "--json");
    expect(old.json).toMatchObject({ data: { holders: [{ username: "bob", current: false }] } });
    expect(old.json.warnings).toEqual([expect.stringContaining("mtproxy show-user-config bob")]);
    const foreign = await home().mtproxy("link", "decode", "00".repeat(16));
    expect(foreign).toMatchObject({ code: 0, stdout: expect.stringContaining("Whose:  nobody's here") });
  });

  test("names the shared secret whose key it is, by the id that every command takes", async () => {
    const { id, link } = (await home().mtproxy("add-secret", "--json")).json.data as { id: string; link: string };
    const { json, stdout } = await home().mtproxy("link", "decode", link, "--json");
    expect(json.data, stdout).toMatchObject({ holders: [{ username: null, shared_secret: id, current: true }] });
    const old = await home().mtproxy("link", "decode", link.replace(/port=\d+/, "port=1"));
    expect(old.stdout).toContain(`Whose:  shared secret ${id} (outdated)\n`);
    expect(old.stderr).toContain(`mtproxy show-config ${id} prints the link`);
    expect((await home().mtproxy("show-config", id)).stdout).toContain(link);
  });

  test("works before setup and from standard input, so that the key is in no shell's history", async () => {
    await withHome(async (bare) => {
      const { code, json } = await runCli(["link", "decode", "-", "--json"], {
        home: bare,
        input: `dd${"1f".repeat(16)}\n`,
      });
      expect(code).toBe(0);
      expect(json).toMatchObject({
        data: { kind: "secret", mode: "padded", secret: `dd${"1f".repeat(16)}`, holders: [] },
      });
    });
  });

  test("says what is wrong without repeating it, and ends with 3", async () => {
    const { code, stdout, stderr } = await home().mtproxy(
      "link",
      "decode",
      `tg://proxy?server=a.example&port=443&secret=ee${"1f".repeat(14)}`,
    );
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("the secret in the link is wrong");
    expect(stderr).not.toContain("1f1f1f");
  });
});
