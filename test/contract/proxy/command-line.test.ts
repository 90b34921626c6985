import { basename } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { isRoot } from "../../support/machine.mts";
import { usage } from "../../support/mtproto-proxy/option-table.ts";
import { type ProxyHome, place, proxyHome } from "./support/home.ts";
import { randomKey } from "./support/keys.ts";
import { freePort } from "./support/ports.ts";
import { describeAnyProxy, describeProxies } from "./support/proxies.ts";
import { runProxy } from "./support/running-proxy.ts";

const key = randomKey().reveal();
/** Repeats an option. */
const times = (count: number, ...words: string[]): string[] => Array.from({ length: count }, () => words).flat();

describeProxies("introduction", (proxy) => {
  const run = (...args: string[]) => runProxy(proxy, args, "/tmp");

  test("introduces itself on stderr before it reads its arguments", async () => {
    const { stderr } = await run("--bogus");
    expect(stderr.split("\n")[0]).toMatch(
      /^\[\d+\]\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} local\] Invoking engine mtproxy-/,
    );
    expect(stderr).toContain(`Invoking engine ${proxy.build.version}\n`);
  });

  test("prints its options on stdout and exits 2 when asked for help", async () => {
    const { code, stdout } = await run("--help");
    expect(code).toBe(2);
    expect(stdout).toBe(usage(proxy.command, proxy.build));
  });
});

describeAnyProxy("command line", (proxy) => {
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome();
  });
  /** With what every start needs, so that only the arguments in question matter. */
  const run = (...args: string[]) =>
    runProxy(proxy, ["-u", "nobody", "--aes-pwd", "proxy-secret", "-c", "500", ...args], home.folder);
  const start = (...args: string[]) => run(...args, "proxy-multi.conf");

  test.each([
    ["no configuration file", []],
    ["two configuration files", ["proxy-multi.conf", "proxy-multi.conf"]],
    ["an unknown option", ["--bogus", "proxy-multi.conf"]],
    ["an option without its value", ["proxy-multi.conf", "-S"]],
    ["a verbosity glued to its letter", ["-v2", "proxy-multi.conf"]],
  ])("prints its usage and exits 2 for %s", async (_, args) => {
    const { code, stdout } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: usage(proxy.command, proxy.build) });
  });

  test.each([
    ["a dd secret", "-S", `dd${key}`, "'S' option requires exactly 32 hex digits\n"],
    ["an ee secret", "-S", `ee${key}676f6f676c652e636f6d`, "'S' option requires exactly 32 hex digits\n"],
    ["31 digits", "-S", key.slice(1), "'S' option requires exactly 32 hex digits\n"],
    ["nothing", "-S", "", "'S' option requires exactly 32 hex digits\n"],
    ["other letters", "-S", `z${key.slice(1)}`, "'S' option requires exactly 32 hex digits. 'z' is not hexdigit\n"],
    ["a dd tag", "-P", `dd${key}`, "'P' option requires exactly 32 hex digits\n"],
    // The letter is wrong in the original.
    [
      "a tag of other letters",
      "-P",
      `z${key.slice(1)}`,
      "'S' option requires exactly 32 hex digits. 'z' is not hexdigit\n",
    ],
    ["half a NAT rule", "--nat-info", "10.0.0.1", "expected <local-addr>:<global-addr> in --nat-info\n"],
    [
      "a NAT rule with a name",
      "--nat-info",
      "10.0.0.1:example.org",
      "cannot translate host 'example.org' in --nat-info\n",
    ],
    ["port 0 for clients", "-H", "0", "\n"],
    ["an address before the port", "-H", "127.0.0.1:443", "\n"],
    ["a blank between ports", "-H", "443, 444", "\n"],
    ["port 0 for statistics", "-p", "0", "\n"],
    ["a name for a statistics port", "-p", "abc", "\n"],
  ])("exits 2 for %s", async (_, option, value, words) => {
    const { code, stderr, stdout } = await start(option, value);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout).toMatch(/^usage: /);
  });

  test("takes keys in either case, and the same one twice", async () => {
    expect(await start("-S", key.toUpperCase(), "-S", key, "-S", key)).toMatchObject({ code: 0, stdout: "" });
  });

  test("takes 16 keys and aborts at the 17th with exit code 1", async () => {
    expect(await start(...times(16, "-S", key))).toMatchObject({ code: 0 });
    const { code, stderr } = await start(...times(17, "-S", key));
    expect(code).toBe(1);
    expect(stderr).toContain("Assertion `ext_secret_cnt < 16' failed.");
    expect(stderr).toContain("------- Stack Backtrace -------");
  });

  test("starts without any key unless it is to imitate a site", async () => {
    expect(await start()).toMatchObject({ code: 0 });
    const { code, stderr } = await start("-D", "localhost");
    expect(code).toBe(2);
    expect(stderr).toContain("You must specify at least one mtproto-secret to use when using TLS-transport");
  });

  test("takes the last of several tags", async () => {
    expect(await start("-S", key, "-P", "00".repeat(16), "-P", "11".repeat(16))).toMatchObject({ code: 0 });
  });

  test.each([
    ["257 workers", ["-M", "257"], "workers >= 0 && workers <= MAX_WORKERS"],
    ["a port above 65535", ["-H", "65536"], "i > 0 && i < 65536"],
  ])("aborts with exit code 1 for %s", async (_, args, assertion) => {
    const { code, stderr } = await start("-S", key, ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(assertion);
  });

  test("aborts when it is to listen on more than 64 ports", async () => {
    const ports: number[] = [];
    while (ports.length < 65) ports.push(await freePort());
    expect(await start("-S", key, "-H", ports.slice(1).join(","))).toMatchObject({ code: 0 });
    const { code, stderr } = await start("-S", key, "-H", ports.join(","));
    expect(code).toBe(1);
    expect(stderr).toContain("idx < MAX_SPECIAL_LISTEN_SOCKETS");
  });

  test("listens on several ports, with a comma too many or an option twice", async () => {
    const [a, b, c] = [await freePort(), await freePort(), await freePort()];
    expect(await start("-S", key, "-H", `${a},${b},`, "-H", String(c))).toMatchObject({ code: 0 });
  });

  test("exits 1 when a port is asked for twice", async () => {
    const port = await freePort();
    const { code, stderr } = await start("-S", key, "-H", `${port},${port}`);
    expect(code).toBe(1);
    expect(stderr).toContain("bind(): Address already in use\n");
    expect(stderr).toContain(`cannot open http/tcp server socket at port ${port}: `);
  });

  test("exits 1 for an address that is not this machine's and 4 for one that is not IPv4", async () => {
    const port = String(await freePort());
    expect(await start("-S", key, "-H", port, "--address", "192.0.2.77")).toMatchObject({ code: 1 });
    const { code, stderr } = await start("-S", key, "-H", port, "--address", "::1");
    expect(code).toBe(4);
    expect(stderr).toContain("Can not convert '::1' to ip addr");
  });

  test("exits 1 when statistics have no port", async () => {
    const { code, stderr } = await start("-S", key, "--http-stats");
    expect(code).toBe(1);
    expect(stderr).toContain("fatal: port isn't defined\n");
  });

  test("says where its backtrace comes from by the name it was started under", async () => {
    const { stderr } = await start(...times(17, "-S", key));
    expect(stderr).toContain(`${basename(proxy.command)}: net/net-tcp-rpc-ext-server.c`);
  });

  test.each([
    ["missing", undefined],
    ["empty", 0],
    ["of 31 bytes", 31],
    ["of 257 bytes", 257],
  ])("exits 1 for a proxy-secret that is %s", async (_, size) => {
    const file = size === undefined ? "nowhere" : await place(home.folder, `secret-${size}`, Buffer.alloc(size, 7));
    const { code, stderr } = await start("-S", key, "--aes-pwd", file);
    expect(code).toBe(1);
    expect(stderr).toContain(`fatal: cannot load secret definition file \`${file}'\n`);
  });

  test.each([32, 256])("takes any %i bytes as proxy-secret", async (size) => {
    const file = await place(home.folder, `secret-${size}`, Buffer.alloc(size, 7));
    expect(await start("-S", key, "--aes-pwd", file)).toMatchObject({ code: 0 });
  });

  test("starts without --aes-pwd", async () => {
    expect(await runProxy(proxy, ["-u", "nobody", "-c", "500", "-S", key, home.configFile], home.folder)).toMatchObject(
      { code: 0 },
    );
  });

  describe.runIf(isRoot)("as root", () => {
    test("does not stay root: exits 1 without a user to become", async () => {
      const args = ["--aes-pwd", "proxy-secret", "-c", "500", "-S", key, "proxy-multi.conf"];
      const missing = await runProxy(proxy, ["-u", "nosuchuser", ...args], home.folder);
      expect(missing.code).toBe(1);
      expect(missing.stderr).toContain("change_user_group: can't find the user nosuchuser to switch to\n");
      const twice = await runProxy(proxy, ["-u", "nobody", "-u", "nobody", ...args], home.folder);
      expect(twice.code).toBe(1);
      expect(twice.stderr).toContain("wrong option -unobody, username is already defined as 'nobody'.\n");
    });

    test("exits 1 when it may not open as many files as -c asks for", async () => {
      const { code, stderr } = await start("-S", key, "-c", "2000000000");
      expect(code).toBe(1);
      expect(stderr).toContain("failed to set rlimit for open files.");
      expect(stderr).toContain("fatal: cannot raise open file limit to 2000000016\n");
    });
  });
});
