import { beforeAll, expect, test } from "vitest";
import { type ProxyHome, place, proxyHome } from "./support/home.ts";
import { randomKey } from "./support/keys.ts";
import { describeAnyProxy } from "./support/proxies.ts";
import { type Run, runProxy } from "./support/running-proxy.ts";

const key = randomKey().reveal();
const target = "127.0.0.1:9";

/** The whole file → what is said of it. */
const refused: readonly (readonly [string, string])[] = [
  ["", "fatal: expected to find a mtproto-proxy configuration with `proxy' directives near "],
  ["# nothing\n", "c:1: fatal: expected to find a mtproto-proxy configuration with `proxy' directives near "],
  ["default 2;\n", "c:1: fatal: expected to find a mtproto-proxy configuration with `proxy' directives near "],
  ["<html>\n<body>", "fatal: 'proxy <ip>:<port>;' expected near <html>"],
  ["foo 1;", "fatal: 'proxy <ip>:<port>;' expected near foo 1;"],
  [`default 2;\nproxy_for 1 ${target}`, "c:1: fatal: ; expected near "],
  [`proxy_for 1 ${target}\nproxy_for 2 ${target};`, `c:1: fatal: ; expected near  2 ${target};`],
  [`proxy_for 1 ${target}x;`, "fatal: ; expected near x;"],
  [`\n  proxy_for 1 ${target} ; ; \n`, "c:1: fatal: 'proxy <ip>:<port>;' expected near  "],
  ["\n\nproxy_for 1 1.2.3.4:0;", "c:2: fatal: port number expected near ;"],
  ["proxy_for 1 1.2.3.4:70000;", "fatal: port number 70000 out of range near ;"],
  ["proxy_for 1 1.2.3.4;", "fatal: : expected near "],
  ["proxy_for 1\n1.2.3.4:88;", "fatal: space expected after target id near "],
  ["proxy_for x 1.2.3.4:88;", "fatal: invalid target id (integer -32768..32767 expected) near x 1.2.3.4:88;"],
  ["proxy_for 40000 1.2.3.4:88;", "fatal: invalid target id (integer -32768..32767 expected) near  1.2.3.4:88;"],
  ["default;", "fatal: invalid target id (integer -32768..32767 expected) near ;"],
  [
    `proxy_for 1 ${target};\nproxy_for 2 ${target};\nproxy_for 1 127.0.0.1:10;\n`,
    "c:2: fatal: proxies for dc 1 intermixed near ;",
  ],
  ["timeout 5;", "fatal: invalid timeout near ;"],
  ["max_connections 1001;", "fatal: invalid max connections near ;"],
  ["min_connections 0;", "fatal: invalid min connections near ;"],
  ["proxy :88;", "fatal: hostname expected near :88;"],
  [`proxy ${"a".repeat(64)}.b:88;`, "fatal: hostname expected near aaaaaaaaaaaaaaaaaaaa ..."],
  ["proxy nosuchhost:88;", "fatal: cannot resolve 'nosuchhost'\n near nosuchhost"],
];

const accepted: readonly (readonly [string, string])[] = [
  ["a target for datacenter 0", `proxy ${target};`],
  ["a negative datacenter", `proxy_for -2 ${target};`],
  ["comments and blanks anywhere", `# c\n\tdefault 2 ; # d\r\nproxy_for 2 127.0.0.1 : 9\n;`],
  ["a name of /etc/hosts", "proxy localhost:88;"],
  ["an IPv6 address in brackets", "proxy [::1]:9;"],
  ["every other directive", `timeout 300;\nmax_connections 5;\nmin_connections 2;\nproxy ${target};`],
  // Each of these is a mistake that nobody is told of.
  ["a file that ends after a semicolon", `default 2;\nproxy_for 1 ${target};`],
  ["a file without a default", `proxy_for 1 ${target};`],
  ["a default that is not listed", `default 9;\nproxy_for 1 ${target};`],
  ["anything after a NUL", `proxy_for 1 ${target};\0garbage`],
];

describeAnyProxy("proxy-multi.conf", (proxy) => {
  let home: ProxyHome;
  beforeAll(async () => {
    home = await proxyHome();
  });
  const runOn = (file: string): Promise<Run> =>
    runProxy(proxy, ["-u", "nobody", "--aes-pwd", "proxy-secret", "-c", "500", "-S", key, file], home.folder);
  const run = async (content: string, file = "c"): Promise<Run> => {
    await place(home.folder, file, content);
    return runOn(file);
  };

  test.each(inGroups(refused, 4))("says where and why it refuses a file, and exits 1", async (...group) => {
    const check = async ([content, words]: readonly [string, string], index: number): Promise<void> => {
      const { code, stderr } = await run(content, `c${index}`);
      expect({ content, code, stderr: stderr.replaceAll(`c${index}`, "c") }).toEqual({
        content,
        code: 1,
        stderr: expect.stringContaining(`${words}\n`),
      });
      expect(stderr).toContain(`error while re-reading config file c${index}, new configuration NOT applied\n`);
      expect(stderr).toContain("config check failed! (code -1)\n");
    };
    await Promise.all(group.map(check));
  });

  test.each(accepted)("takes %s", async (_, content) => {
    const { code, stderr } = await run(content);
    expect(code).toBe(0);
    expect(stderr).toContain(`configuration file c re-read successfully (${content.length} bytes parsed)`);
  });

  test("takes 4096 targets and 1024 datacenters, and not one more", async () => {
    const lines = (count: number, line: (index: number) => string): string =>
      Array.from({ length: count }, (_, index) => line(index)).join("\n");
    const targets = (count: number): string => lines(count, () => `proxy ${target};`);
    const datacenters = (count: number): string => lines(count, (index) => `proxy_for ${index} ${target};`);
    expect(await run(targets(4096))).toMatchObject({ code: 0 });
    expect((await run(targets(4097))).stderr).toContain("fatal: too many targets (4096) near ");
    expect(await run(datacenters(1024))).toMatchObject({ code: 0 });
    expect((await run(datacenters(1025))).stderr).toContain("fatal: too many auth clusters near ");
  });

  test("exits 1 without the file and 2 for a folder in its place", async () => {
    const missing = await runOn("nowhere");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("cannot re-read config file nowhere: No such file or directory\n");
    const folder = await runOn("/tmp");
    expect(folder.code).toBe(2);
    expect(folder.stderr).toContain("Is a directory\n");
  });
});

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return items.length === 0 ? [] : [items.slice(0, size), ...inGroups(items.slice(size), size)];
}
