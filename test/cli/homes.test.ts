import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { cliHome, openCliHome, setupFlags } from "../support/cli-home.ts";
import { tempFolder } from "../support/temp-home.ts";

/** Root without any of root's privileges is like anybody else. */
const unprivileged = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

async function listAll(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

const COMMANDS = [
  ["list-users"],
  ["list-user-secrets"],
  ["show", "alice"],
  ["add-user", "alice"],
  ["remove-user", "alice", "--yes"],
  ["disable-user", "alice"],
  ["enable-user", "alice"],
  ["regenerate-user-secret", "alice"],
  ["status"],
  ["plan"],
  ["apply"],
  ["verify"],
  ["start"],
  ["stop"],
  ["restart"],
  ["refresh-config"],
  ["vless-user", "list"],
  ["vless-user", "show", "alice"],
];

describe("a home that is not set up", () => {
  test("is told by every command that needs one, with the command that sets it up, and stays empty", async () => {
    const home = await tempFolder();
    const lists = ["list-users", "list-user-secrets", "vless-user list"];
    for (const command of COMMANDS.filter((words) => !lists.includes(words.join(" ")))) {
      const { code, json } = await runCli([...command, "--json"], { home });
      expect([command, code, json.error?.kind]).toEqual([command, 6, "environment"]);
      expect(json.error?.message).toBe(`no proxy is set up in ${home}`);
      expect(json.error?.hint).toContain("mtproxy setup --public-host");
    }
    // Locks are all that may have been made.
    expect((await listAll(home)).filter((name) => !/^mtproxy(\/run(\/(state|apply)\.lock)?)?$/.test(name))).toEqual([]);
  });
});

describe("a home that is a file", () => {
  test("is named by every command, with exit code 6, and stays what it is", async () => {
    const home = join(await tempFolder(), "home");
    await writeFile(home, "precious");
    for (const command of [...COMMANDS, ["setup", "--no-start", "--public-host", "a.example"]]) {
      const { code, stdout, stderr } = await runCli(command, { home });
      expect([command, code, stdout]).toEqual([command, 6, ""]);
      expect(stderr).toContain(home);
      expect(stderr).toContain("move it away");
    }
    expect(await readFile(home, "utf8")).toBe("precious");
  });
});

describe("a home that may not be written", () => {
  test("is told by setup before anything is done, with exit code 6", async () => {
    const parent = await tempFolder();
    await chmod(parent, 0o555);
    onTestFinished(() => chmod(parent, 0o755));
    for (const home of [parent, join(parent, "home")]) {
      const flags = ["--no-start", "--public-host", "a.example"];
      const { code, stderr } = await runCli(["setup", ...flags], { home, within: unprivileged });
      expect(code).toBe(6);
      expect(stderr).toContain("permission denied");
      expect(stderr).toContain("--home DIR takes another home");
    }
    expect(await readdir(parent)).toEqual([]);
  });

  test("is read all the same, and every command that writes is refused and changes nothing", async () => {
    const { home, run, add, usersText } = await cliHome();
    const { link } = await add("alice");
    const before = await usersText();
    const folders = (await readdir(home, { recursive: true, withFileTypes: true })).filter((it) => it.isDirectory());
    const paths = [home, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
    const allow = async (mode: number) => {
      for (const path of paths) await chmod(path, mode);
    };
    await allow(0o500);
    onTestFinished(() => allow(0o700));
    const look = (...args: string[]) => run(args, { within: unprivileged });
    expect((await look("list-users")).code).toBe(0);
    expect((await look("status")).code).toBe(0);
    expect((await look("verify", link)).code).toBe(0);
    for (const command of [
      ["add-user", "bob"],
      ["vless-user", "add", "bob"],
      ["setup", "--port", "443"],
    ]) {
      const { code, stderr } = await look(...command);
      expect([command, code, stderr]).toEqual([command, 6, expect.stringContaining("permission denied")]);
    }
    await allow(0o700);
    expect(await usersText()).toBe(before);
  });
});

describe("a home without root", () => {
  test("is set up, serves people and is stopped", async () => {
    const { home, close } = await openCliHome(["--no-start"]);
    onTestFinished(close);
    const run = (...args: string[]) => home.run([...args, "--json"], { within: unprivileged });
    expect((await run("setup")).code).toBe(0);
    expect((await run("add-user", "alice", "--fake-tls")).code).toBe(0);
    expect((await run("verify")).json.data).toMatchObject({ working: 1, failing: 0 });
    expect((await run("restart")).code).toBe(0);
    expect((await run("status")).code).toBe(0);
    expect((await run("stop")).code).toBe(0);
  });
});

describe.each([
  ["with blanks, quotes and letters of many scripts", `it's a "home" & späces/юникод/房子 $HOME`],
  ["longer than the path of a socket may be", `${"long/".repeat(10)}${"x".repeat(200)}`],
])("a home %s", (_, place) => {
  test("serves people like any other", async () => {
    const { home, close } = await openCliHome([], join(place, "home"));
    onTestFinished(close);
    const { link, files } = await home.add("alice", "--fake-tls");
    expect(files.qr_png).toBe(home.path("data/clients/alice/mtproxy_qr.png"));
    expect(await home.works(link)).toBe(true);
    expect((await home.mtproxy("status")).code).toBe(0);
    expect((await home.mtproxy("restart")).code).toBe(0);
    expect((await home.mtproxy("remove-user", "alice", "--yes")).code).toBe(0);
    expect(await home.works(link)).toBe(false);
    expect((await home.mtproxy("stop")).code).toBe(0);
  });
});

describe("--home", () => {
  test("counts before FAMILYTRAFFIC_HOME, and may be relative to the folder one is in", async () => {
    const { home, mtproxy } = await cliHome("--no-start");
    await mtproxy("vless-user", "add", "alice");
    const elsewhere = await tempFolder();
    for (const given of [home, `${home}/`, relative(process.cwd(), home)]) {
      const { json } = await runCli(["list-users", "--json", "--home", given], { home: elsewhere });
      expect(json.data).toMatchObject({ users: [{ username: "alice" }] });
    }
    expect((await runCli(["--home", home, "list-users", "--json"])).json.data).toMatchObject({ disabled: 1 });
  });
});

describe("what is made under a umask that allows others everything, or nothing,", () => {
  test.each(["000", "077"])("is the owner's alone (%s)", async (umask) => {
    const { home, close } = await openCliHome(["--no-start"], "first");
    onTestFinished(close);
    const folder = join(await tempFolder(), "second");
    await mkdir(folder);
    const within = ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"];
    const flags = setupFlags({ ...home, home: folder });
    const run = (...args: string[]) => runCli(args, { home: folder, within });
    expect((await run("setup", ...flags, "-q")).code).toBe(0);
    expect((await run("add-user", "alice", "-q")).code).toBe(0);
    expect((await run("stop")).code).toBe(0);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      expect([path, (mode & 0o777).toString(8)]).toEqual([path, entry.isDirectory() ? "700" : "600"]);
    }
  });
});
