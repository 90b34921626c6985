import { execFile } from "node:child_process";
import { mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { type CliOptions, runCli, startCli } from "../support/cli.ts";
import { datacenterFlags } from "../support/cli-home.ts";
import { fileTree, isAuditLog } from "../support/file-tree.ts";
import { canRun, isRoot, programPath, programPaths } from "../support/machine.mts";
import { startDatacenter } from "../support/telegram/datacenter.ts";
import { tempFolder } from "../support/temp-home.ts";
import { freePort } from "../support/trial.ts";
import { hostFolders } from "../support/wizard.ts";

const HOST = ["--timer", "--logrotate", "--fail2ban", "--commands"];

/** A root file system of its own, with the home and the lock in it. */
async function server() {
  const root = await tempFolder();
  const systemd = canRun("systemctl") ? ["run/systemd/system"] : [];
  for (const path of [...hostFolders, ...systemd, "opt", "var/lock"])
    await mkdir(join(root, path), { recursive: true });
  const [datacenter, port] = [await startDatacenter(), await freePort()];
  const home = join(root, "opt/familytraffic");
  const run = (args: readonly string[], options: CliOptions = {}) =>
    runCli(args, { home, env: { MTPROXY_HOST_ROOT: root }, ...options });
  const place = ["--engine", "trial", "--public-host", "127.0.0.1", "--port", String(port)];
  const lock = ["--users-lock", join(root, "var/lock/users.lock")];
  onTestFinished(async () => {
    await run(["stop"]);
    await datacenter.close();
  });
  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  return {
    ...{ root, home, port, run, put },
    setup: (...flags: string[]) => run(["setup", ...place, ...lock, ...datacenterFlags(datacenter), ...flags]),
    uninstall: (...flags: string[]) => run(["uninstall", "--yes", ...flags]),
    read: (path: string) => readFile(join(root, path), "utf8"),
    exists: async (path: string) => (await stat(join(root, path)).catch(() => undefined)) !== undefined,
  };
}

async function isOpen(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    (error) => error.cause?.code !== "ECONNREFUSED",
  );
}

test("status lists what is on the machine, and counts shared secrets", async () => {
  const { setup, run } = await server();
  await setup("--timer", "--fail2ban");
  const bare = await run(["status"]);
  expect(bare.stdout).not.toContain("Shared secrets");
  await run(["add-secret"]);
  const { code, stdout } = await run(["status"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}Shared secrets: 1 active$/m);
  expect(stdout).toMatch(/^ {2}On this machine:\n {4}timer: .*familytraffic-mtproxy/m);
  expect(stdout).toMatch(
    /^ {4}fail2ban: \/etc\/fail2ban\/filter\.d\/familytraffic-mtproxy\.conf, \/etc\/fail2ban\/jail\.d/m,
  );
  const { json } = await run(["status", "--json"]);
  expect(json.data).toMatchObject({
    shared_secrets: { active: 1, inactive: 0 },
    host: [{ part: "timer" }, { part: "fail2ban", items: [expect.any(String), expect.any(String)] }],
  });
  await run(["uninstall", "--yes"]);
  expect((await run(["status", "--json"])).json.data).toMatchObject({ host: [] });
});

test("what names the port on the machine goes with set-port", async () => {
  const { setup, run, read, port } = await server();
  expect((await setup("--fail2ban", "--no-timer", "--no-logrotate", "--no-commands")).code).toBe(0);
  const jail = "etc/fail2ban/jail.d/familytraffic-mtproxy.conf";
  expect(await read(jail)).toMatch(new RegExp(`^port *= *${port},`, "m"));
  const next = await freePort();
  const { code, json } = await run(["set-port", String(next), "--json"]);
  expect([code, json.warnings]).toEqual([0, []]);
  expect(await read(jail)).toMatch(new RegExp(`^port *= *${next},`, "m"));
});

describe("setup and then uninstall --purge", () => {
  test("leaves the file system file by file as it was", async () => {
    const { root, port, setup, uninstall, run, put } = await server();
    const before = fileTree(root);
    expect((await setup(...HOST, "--first-user", "alice", "--cover-domain", "www.example.com")).code).toBe(0);
    await run(["add-secret"]);
    await run(["vless-user", "add", "bob"]);
    await run(["backup", "create"]);
    await run(["alerts", "add", "email", "--to", "root"]);
    for (const name of ["history.db", "history.db-wal", "history.db.damaged-20261121T120000.000Z"])
      await put(`opt/familytraffic/data/history/${name}`, "what the daemon saw");
    expect(Object.keys(fileTree(root)).length).toBeGreaterThan(Object.keys(before).length + 30);
    const { code, stdout, stderr } = await uninstall("--purge");
    expect([code, stderr], stdout).toEqual([0, expect.stringContaining("✓ ended: familytraffic-mtproxy")]);
    expect(fileTree(root)).toEqual(before);
    expect(await isOpen(port)).toBe(false);
    expect((await uninstall("--purge")).code).toBe(0);
    expect(fileTree(root)).toEqual(before);
  });

  test("in a home that a VLESS stack lives in leaves every byte of its own", async () => {
    const { root, setup, uninstall, put, read } = await server();
    const users = '{ "users": [\n  {"username":"carol", "uuid": "x", "traffic": 12345678901234567890}\n ], "v": 1 }\n';
    await put("opt/familytraffic/data/users.json", users);
    await put("opt/familytraffic/data/clients/alice/vless_qr.png", "png");
    await put("opt/familytraffic/config/mtproxy/proxy-secret", "the old stack's");
    await put("opt/familytraffic/docker-compose.yml", "services: {}");
    await put("opt/familytraffic/backups/users.json.backup", "{}");
    const before = fileTree(root);
    await setup("--first-user", "alice");
    expect(await read("opt/familytraffic/data/users.json")).toContain("mtproxy_secret");
    const { code, stdout } = await uninstall("--purge");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Left in .*, not ours: backups, config, data, docker-compose.yml/);
    const { "var/lock/users.lock": _, ...after } = fileTree(root);
    const stays = (tree: Record<string, string>) =>
      Object.fromEntries(Object.entries(tree).filter(([, it]) => !it.startsWith("folder")));
    expect(stays(after)).toEqual({ ...stays(before), "opt/familytraffic/data/users.json": expect.any(String) });
    expect(await read("opt/familytraffic/data/users.json")).toBe(users);
  });
});

describe("uninstall", () => {
  test("keeps people and settings, and setup brings the same link back", async () => {
    const { setup, uninstall, run, port, exists } = await server();
    const first = await setup(...HOST, "--first-user", "alice", "--json");
    const link = (first.json.data as { first_user: { link: string } }).first_user.link;
    expect((await run(["verify", link])).code).toBe(0);
    expect((await uninstall()).code).toBe(0);
    expect(await isOpen(port)).toBe(false);
    expect(await exists("etc/logrotate.d/familytraffic-mtproxy")).toBe(false);
    expect((await uninstall("--json")).json).toMatchObject({ ok: true, data: { done: true, host: [], users: 1 } });
    expect((await setup("--json")).json.data).toMatchObject({ repeated: true, running: true });
    expect((await run(["verify", link])).code).toBe(0);
  });

  test("shows what it would remove, and without an answer removes nothing", async () => {
    const { root, setup, run } = await server();
    await setup(...HOST);
    const before = fileTree(root, isAuditLog);
    const { code, stdout } = await run(["uninstall", "--purge", "--dry-run"]);
    expect(code).toBe(0);
    for (const said of [
      "trial: familytraffic-mtproxy",
      "/etc/logrotate.d/familytraffic-mtproxy",
      "/usr/local/bin/mtproxy",
    ])
      expect(stdout).toContain(said);
    const unanswered = await run(["uninstall", "--purge"]);
    expect([unanswered.code, unanswered.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect(fileTree(root, isAuditLog)).toEqual(before);
  });

  test("leaves what somebody else put in the place of our files, and says so", async () => {
    const { setup, uninstall, put, read } = await server();
    await setup(...HOST);
    await put("etc/logrotate.d/familytraffic-mtproxy", "# mine now\n");
    const { code, stderr } = await uninstall();
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("/etc/logrotate.d/familytraffic-mtproxy is not ours any more"),
    ]);
    expect(await read("etc/logrotate.d/familytraffic-mtproxy")).toBe("# mine now\n");
  });

  test("says loudly that containers may still run where Docker is down, and removes the rest", async () => {
    const { setup, run, put, exists } = await server();
    await setup("--no-start", "--engine", "docker", "--logrotate");
    await put("opt/familytraffic/mtproxy/docker-compose.yml", "services: {}\n");
    const env = { MTPROXY_HOST_ROOT: await rootOf(run), DOCKER_HOST: "unix:///nowhere/docker.sock" };
    const { code, json } = await run(["uninstall", "--yes", "--purge", "--json"], { env });
    expect([code, json.error?.message]).toEqual([6, expect.stringContaining("CONTAINERS OF THIS HOME MAY STILL RUN")]);
    expect(json.error?.hint).toContain("docker rm -f");
    expect([await exists("opt/familytraffic"), await exists("etc/logrotate.d/familytraffic-mtproxy")]).toEqual([
      false,
      false,
    ]);
  });
});

test("uninstall where Docker is gone for good removes everything else, and says how to end what may come back with it", async () => {
  const { root, run, setup, put, exists } = await server();
  await setup("--no-start", "--engine", "docker", "--logrotate");
  await put("opt/familytraffic/mtproxy/docker-compose.yml", "services: {}\n");
  const env = { MTPROXY_HOST_ROOT: root, DOCKER_HOST: "unix:///nowhere/docker.sock" };
  const hidden = ["docker", "dockerd"]
    .flatMap((name) => programPaths(name))
    .map((it) => `mount --bind /dev/null ${it}`);
  const namespace = ["unshare", "--mount", ...(isRoot ? [] : ["--map-root-user"])];
  const within = [...namespace, "sh", "-ec", `${hidden.join("; ")}\nexec "$@"`, "sh"];
  const { code, stdout, stderr } = await run(["uninstall", "--yes"], { env, within });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(
    "Docker is not installed here any more: its containers do not run, but may come back with it",
  );
  expect(stdout).toMatch(
    /^✗ Still there: containers of the project familytraffic-mtproxy\n {2}docker rm -f \$\(docker ps/m,
  );
  expect(await exists("etc/logrotate.d/familytraffic-mtproxy")).toBe(false);
  const purged = await run(["uninstall", "--yes", "--purge", "--json"], { env, within });
  expect(purged.json).toMatchObject({
    ok: true,
    data: { left: [], stays: [{ what: expect.any(String), next: expect.stringMatching(/^docker rm -f /) }] },
  });
  expect(await exists("opt/familytraffic")).toBe(false);
});

describe("the old stack's secrets.json", () => {
  const KEY = "0123456789abcdef0123456789abcdef";
  const OLD = `{"version":"2.0","mode":"multi-user","secrets":[{"secret":"${KEY}","type":"dd","username":"dora"}]}`;
  const FILE = "opt/familytraffic/config/mtproxy/secrets.json";

  test("goes with --purge once it was taken over", async () => {
    const { setup, run, put, uninstall, exists } = await server();
    await put(FILE, OLD);
    await setup();
    expect((await run(["add-secret"])).code).toBe(0);
    expect((await uninstall("--purge")).code).toBe(0);
    expect(await exists("opt/familytraffic")).toBe(false);
  });

  test.each([
    ["was never taken over", false],
    ["was written since", true],
  ])("stays when it %s", async (_, isTakenOver) => {
    const { setup, run, put, read } = await server();
    await put(FILE, OLD);
    await setup("--no-start");
    if (isTakenOver) await run(["add-secret"]);
    const now = isTakenOver ? OLD.replace("dora", "emil") : OLD;
    await put(FILE, now);
    const { json } = await run(["uninstall", "--purge", "--yes", "--json"]);
    expect(json.data).toMatchObject({ left: ["config"] });
    expect(await read(FILE)).toBe(now);
  });
});

async function rootOf(run: Awaited<ReturnType<typeof server>>["run"]): Promise<string> {
  const { json } = await run(["uninstall", "--dry-run", "--json"]);
  return join((json.data as { home: string }).home, "../..");
}

describe("a setup that fails", () => {
  test("at a part of the machine takes back those before it, and names what goes on", async () => {
    const { root, home, setup, run, put, exists } = await server();
    await put("etc/logrotate.d/familytraffic-mtproxy/in-the-way", "");
    const before = Object.keys(fileTree(root)).filter((path) => !join(root, path).startsWith(home));
    const { code, json } = await setup("--first-user", "alice", "--timer", "--logrotate", "--commands", "--json");
    expect([code, json.error?.message]).toEqual([
      6,
      expect.stringMatching(/it is a folder; undone with it: commands, timer; the settings, people and proxies stay/),
    ]);
    expect(json.error?.hint).toMatch(/then mtproxy setup --first-user alice --timer --logrotate --commands goes on$/);
    const data = json.data as { running: boolean; host: { part: string; installed: boolean }[] };
    expect(data.host.filter(({ installed }) => installed)).toEqual([]);
    const after = Object.keys(fileTree(root)).filter((path) => !join(root, path).startsWith(home));
    expect(after.filter((path) => path !== "var/lock/users.lock")).toEqual(before);
    expect((await run(["verify", "alice"])).code).toBe(0);

    await rm(join(root, "etc/logrotate.d/familytraffic-mtproxy"), { recursive: true });
    expect((await setup("--timer", "--logrotate", "--commands")).code).toBe(0);
    expect(await exists("usr/local/bin/mtproxy")).toBe(true);
    // What was there before a setup that fails stays.
    await put("etc/fail2ban/jail.d/familytraffic-mtproxy.conf/in-the-way", "");
    expect((await setup("--fail2ban")).code).toBe(6);
    expect(await exists("usr/local/bin/mtproxy")).toBe(true);
    expect(await exists("etc/fail2ban/filter.d/familytraffic-mtproxy.conf")).toBe(false);
  });

  test("before the proxy runs puts nothing on the machine, and keeps the settings", async () => {
    const { root, home, port, setup, read, exists } = await server();
    const holder = createServer();
    await new Promise<void>((ready) => void holder.listen(port, "0.0.0.0", ready));
    onTestFinished(() => void holder.close());
    const { code, json } = await setup("--first-user", "alice", "--timer", "--commands", "--json");
    expect([code, json.error?.message]).toEqual([
      6,
      expect.stringContaining(`port ${port} is taken by another program`),
    ]);
    expect(json.warnings).toContain(
      "nothing was put on this machine (timer, commands): mtproxy setup --first-user alice --timer --commands does",
    );
    expect(await exists("etc/cron.d/familytraffic-mtproxy")).toBe(false);
    expect(await exists("usr/local/bin/mtproxy")).toBe(false);
    expect(await read(join(home.slice(root.length + 1), "config/mtproxy/mtproxy_config.json"))).toContain(`${port}`);
  });

  test.runIf(canRun("systemctl"))(
    "by Ctrl-C in the middle of the machine's parts takes back what it put there",
    async () => {
      const { root, home, run, exists } = await server();
      // A systemctl that takes its time, so that there is a middle.
      const bin = await tempFolder();
      const slow = `#!/bin/sh\ntouch ${bin}/begun\nwhile [ ! -e ${bin}/go ]; do sleep 0.05; done\nexec ${programPath("systemctl")} "$@"\n`;
      await writeFile(join(bin, "systemctl"), slow, { mode: 0o755 });
      const env = { MTPROXY_HOST_ROOT: root, PATH: `${bin}:${process.env.PATH}` };
      const flags = [
        "--no-start",
        "--public-host",
        "127.0.0.1",
        "--timer",
        "--logrotate",
        "--users-lock",
        join(root, "lock"),
      ];
      const child = startCli(["setup", ...flags], { home, env });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      const ended = new Promise((end) => child.once("close", end));
      await expect
        .poll(() =>
          stat(join(bin, "begun")).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      child.kill("SIGINT");
      await writeFile(join(bin, "go"), "");
      expect(await ended, said).toBe(130);
      expect(said).toContain("interrupted; undone with it: timer; the settings, people and proxies stay as they are");
      expect(said).toContain("mtproxy setup --timer --logrotate goes on");
      for (const path of [
        "etc/systemd/system/familytraffic-mtproxy-tick.timer",
        "etc/logrotate.d/familytraffic-mtproxy",
      ])
        expect(await exists(path)).toBe(false);
      expect((await run(["uninstall", "--dry-run", "--json"])).json.data).toMatchObject({ host: [] });
    },
  );
});

describe("completion and manual pages", () => {
  const FOLDERS = ["bash-completion/completions", "zsh/vendor-completions", "fish/vendor_completions.d", "man/man1"];
  const PAGE = "usr/local/share/man/man1/mtproxy.1";

  async function withShells() {
    const it = await server();
    for (const path of [...FOLDERS.map((path) => `usr/share/${path}`), "usr/local/share/man"])
      await mkdir(join(it.root, path), { recursive: true });
    const flags = ["--no-start", "--no-timer", "--completion", "--man"];
    return { ...it, help: (...more: string[]) => it.setup(...flags, ...more) };
  }

  test("are put where shells and man look, and go again, folder and all", async () => {
    const { root, help, uninstall, read, exists, put } = await withShells();
    await put("usr/share/fish/vendor_completions.d/vless-mtproxy.fish", "# theirs\n");
    const before = await fileTree(join(root, "usr"));
    const { code, stderr } = await help("--commands");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("vless-mtproxy.fish is not ours: it is left as it is");
    for (const name of ["mtproxy", "familytraffic-mtproxy", "vless-mtproxy", "vless-user"])
      expect(await read(`usr/share/bash-completion/completions/${name}`)).toMatch(
        /^# Written by familytraffic-mtproxy/,
      );
    expect(await read("usr/share/zsh/vendor-completions/_mtproxy")).toMatch(/^#compdef mtproxy .*\n# Written by /);
    expect(await exists("usr/share/fish/vendor_completions.d/mtproxy.fish")).toBe(true);
    expect((await help()).code).toBe(0);
    expect(await read(PAGE)).toMatch(
      /^\.\\" # Written by familytraffic-mtproxy.*\n\.so man1\/familytraffic-mtproxy\.1\n$/,
    );
    const page = await read(PAGE.replace("mtproxy.1", "familytraffic-mtproxy.1"));
    expect(page).toMatch(/^\.\\" # Written by .*\n\.TH FAMILYTRAFFIC/);
    expect((await uninstall()).code).toBe(0);
    expect(await fileTree(join(root, "usr"))).toEqual(before);
  });

  test.runIf(canRun("zsh", "fish"))("complete from there in a fresh shell, at the first Tab", async () => {
    const { root, help } = await withShells();
    await help("--commands");
    const env = {
      PATH: `${join(root, "usr/local/bin")}:${process.env.PATH}`,
      FAMILYTRAFFIC_HOME: join(root, "opt/familytraffic"),
      HOME: root,
      TERM: "dumb",
    };
    const shell = async (...words: string[]) =>
      (await promisify(execFile)(words[0] ?? "", words.slice(1), { env })).stdout;
    const bash = `source ${root}/usr/share/bash-completion/completions/vless-mtproxy
      COMP_WORDS=(vless-mtproxy link de); COMP_CWORD=2; $(complete -p vless-mtproxy | sed 's/.*-F \\([^ ]*\\).*/\\1/'); echo "\${COMPREPLY[@]}"`;
    expect(await shell("bash", "-c", bash)).toBe("decode\n");
    const fish = `set fish_complete_path ${root}/usr/share/fish/vendor_completions.d; complete -C 'mtproxy link de'`;
    expect(await shell("fish", "-c", fish)).toMatch(/^decode\b/);
    // _describe is zsh's own and asks its line editor: here it says what it would offer.
    const zsh = `fpath=(${root}/usr/share/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -u -d ${root}/dump
      _describe() { print -l -- "\${(@P)2}" }; words=(mtproxy link de); CURRENT=3; \${_comps[mtproxy]}`;
    expect(await shell("zsh", "-fc", zsh)).toMatch(/^decode:/);
  });

  test("leave manual pages that npm or a package brought alone", async () => {
    const { help, put, exists, read } = await withShells();
    await put("usr/share/man/man1/familytraffic-mtproxy.1.gz", "theirs");
    await put(PAGE, "theirs");
    expect((await help()).code).toBe(0);
    expect(await read(PAGE)).toBe("theirs");
    expect(await exists("usr/local/share/man/man1/familytraffic-mtproxy.1")).toBe(false);
  });

  test("a machine without such shells is told so", async () => {
    const { setup } = await server();
    const { code, stderr } = await setup("--no-start", "--completion");
    expect([code, stderr]).toEqual([0, expect.stringContaining("nothing is installed for completion: no shell here")]);
  });
});

describe("setup on a machine where others have our names", () => {
  test("replaces no file and no command, says so, and goes on", async () => {
    const { root, setup, put, read, exists } = await server();
    await put("etc/cron.d/familytraffic-mtproxy", "# theirs\n");
    await put("etc/logrotate.d/familytraffic-mtproxy", "# theirs\n");
    await put("usr/local/bin/familytraffic-mtproxy", "#!/bin/sh\n");
    await symlink("/opt/other/bin/vless-user", join(root, "usr/local/bin/vless-user"));
    const { code, stderr } = await setup(...HOST);
    expect(code, stderr).toBe(0);
    for (const path of ["etc/cron.d", "etc/logrotate.d"])
      expect(await read(`${path}/familytraffic-mtproxy`)).toBe("# theirs\n");
    expect(stderr).toContain("/etc/logrotate.d/familytraffic-mtproxy is not ours: it is left as it is");
    expect(stderr).toContain("another program's vless-user: it is left as it is; mtproxy vless-user does the same");
    expect(await read("usr/local/bin/familytraffic-mtproxy")).toBe("#!/bin/sh\n");
    expect(await exists("usr/local/bin/mtproxy")).toBe(true);
    expect(await exists("etc/fail2ban/jail.d/familytraffic-mtproxy.conf")).toBe(true);
  });
});
