import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { countTargets, type ProxyTarget, parseProxyMultiConf } from "../../../src/domain/proxy-multi-conf.ts";

function refusal(text: string): AppError {
  try {
    parseProxyMultiConf(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`);
}

function datacenters(text: string): Record<string, readonly ProxyTarget[]> {
  return Object.fromEntries(parseProxyMultiConf(text).datacenters);
}

const target = (host: string, port: number) => ({ host, port });

describe("parseProxyMultiConf", () => {
  it("reads the file as Telegram publishes it", () => {
    const conf = parseProxyMultiConf(
      "# force_probability 10 10\ndefault 2;\nproxy_for 1 149.154.175.50:8888;\nproxy_for -1 149.154.175.50:8888;\n" +
        "proxy_for 4 91.108.4.217:8888;\nproxy_for 4 91.108.4.177:8888;\n",
    );
    expect(conf.defaultDatacenter).toBe(2);
    expect([...conf.datacenters]).toEqual([
      [1, [target("149.154.175.50", 8888)]],
      [-1, [target("149.154.175.50", 8888)]],
      [4, [target("91.108.4.217", 8888), target("91.108.4.177", 8888)]],
    ]);
    expect(countTargets(conf)).toBe(3);
  });

  it("knows every directive, and takes a bare proxy for datacenter 0", () => {
    expect(
      datacenters(
        "timeout 300;\nmin_connections 2; max_connections 1000;\nproxy host.example:80;\nproxy_for 203 [2001:db8::1]:443;",
      ),
    ).toEqual({ 0: [target("host.example", 80)], 203: [target("2001:db8::1", 443)] });
  });

  it("takes 0 for the default that is not written, and the last of several", () => {
    expect(parseProxyMultiConf("proxy 1.2.3.4:1;").defaultDatacenter).toBe(0);
    expect(parseProxyMultiConf("default 1;default -5; proxy 1.2.3.4:1;").defaultDatacenter).toBe(-5);
  });

  it("needs no blanks where the C proxy needs none, and takes them and comments where it does", () => {
    expect(datacenters("default2;proxy_for2 1.2.3.4:80;proxyexample:81;timeout10;")).toEqual({
      0: [target("example", 81)],
      2: [target("1.2.3.4", 80)],
    });
    expect(datacenters("proxy_for \t 7\t 1.2.3.4 \r\n#:9;\n :\t80 # end\n\n;")).toEqual({ 7: [target("1.2.3.4", 80)] });
  });

  it.each([
    ["", "empty"],
    [" \n\t\r\n", "empty"],
    ["# only a comment", "lists no proxies"],
    ["default 2;", "lists no proxies"],
    ["\n <!DOCTYPE html>\n<html>", "web page"],
    ["proxy 1.2.3.4:80;\0", "NUL"],
    ["proxy 1.2.3.4:80; # \0", "NUL"],
    ["proxy 1.2.3.4:80", '";" is expected'],
    ["proxy 1.2.3.4;", '":" is expected'],
    ["proxy 1.2.3.4:;", "a port is a number"],
    ["proxy 1.2.3.4:0;", "a port is a number"],
    ["proxy 1.2.3.4:65536;", "a port is a number"],
    ["proxy 1.2.3.4:4294967376;", "a port is a number"],
    ["proxy 1.2.3.4:-1;", "a port is a number"],
    ["proxy 1.2.3.4:\n80;", "a port is a number"],
    ["proxy 1.2.3.4:80x;", '";" is expected'],
    ["proxy :80;", "an address is expected"],
    ["proxy 1.2.3:80;", "an address is expected"],
    ["proxy 1.2.3.256:80;", "an address is expected"],
    ["proxy [::1:80;", "an address is expected"],
    ["proxy [1.2.3.4]:80;", "an address is expected"],
    ["proxy [g::1]:80;", "an address is expected"],
    [`proxy ${"a".repeat(64)}:80;`, "an address is expected"],
    ["proxy\n1.2.3.4:80;", "an address is expected"],
    ["proxy_for 2\n1.2.3.4:80;", "a blank must follow"],
    ["proxy_for 21.2.3.4:80;", "a blank must follow"],
    ["proxy_for 32768 1.2.3.4:80;", "-32768 to 32767"],
    ["proxy_for -32769 1.2.3.4:80;", "-32768 to 32767"],
    ["proxy_for - 1.2.3.4:80;", "-32768 to 32767"],
    ["default;", "-32768 to 32767"],
    ["timeout 9;", "10 to 30000"],
    ["timeout 30001;", "10 to 30000"],
    ["min_connections 0;", "1 to 8"],
    ["min_connections 9;", "1 to 8"],
    ["max_connections 3;", "4 to 1000"],
    ["max_connections 1001;", "4 to 1000"],
    ["Default 2;", "unknown word"],
    ["PROXY 1.2.3.4:80;", "unknown word"],
    [";", "unknown word"],
    ["{", "unknown word"],
    ["\u00ef\u00bb\u00bfdefault 2;", "unknown word"],
  ])("refuses %j: %s", (text, reason) => {
    const error = refusal(text);
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(reason);
  });

  it("names the line and what stands there, without control characters", () => {
    expect(refusal("default 2;\n# comment\nproxy_for 1 1.2.3.4:80;\r\nproxy_for 2 5.6.7.8:x\u0007y;").message).toBe(
      'proxy-multi.conf, line 4: a port is a number from 1 to 65535 near "x?y;"',
    );
    expect(refusal("proxy 1.2.3.4:80;\n\n\0").message).toContain("line 3");
  });

  it("refuses a datacenter whose lines do not stand together", () => {
    const error = refusal("proxy_for 1 1.1.1.1:1;\nproxy_for 2 1.1.1.1:1;\nproxy_for 1 1.1.1.2:1;");
    expect(error.message).toContain("line 3");
    expect(error.message).toContain("datacenter 1");
  });

  it("takes as many lines, datacenters and bytes as the C proxy, and not one more", () => {
    const lines = (count: number, id: (index: number) => number) =>
      Array.from({ length: count }, (_, index) => `proxy_for ${id(index)} 1.1.1.1:80;\n`).join("");
    const one = () => 1;
    const own = (index: number) => index;
    expect(parseProxyMultiConf(lines(4096, one)).datacenters.get(1)).toHaveLength(4096);
    expect(refusal(lines(4097, one)).message).toContain("line 4097: more than 4096 proxies");
    expect(parseProxyMultiConf(lines(1024, own)).datacenters.size).toBe(1024);
    expect(refusal(lines(1025, own)).message).toContain("line 1025: more than 1024 datacenters");
    const statement = "proxy 1.1.1.1:80;#";
    expect(parseProxyMultiConf(statement.padEnd(16 << 20, "x")).datacenters.size).toBe(1);
    expect(refusal(statement.padEnd((16 << 20) + 1, "x")).message).toContain("16 MiB");
  });

  it("gives back what was written, however it is spaced and commented", () => {
    fc.assert(
      fc.property(writtenConf, ({ text, defaultDatacenter, listed }) => {
        const conf = parseProxyMultiConf(text);
        expect(conf.defaultDatacenter).toBe(defaultDatacenter);
        expect([...conf.datacenters]).toEqual(listed);
      }),
    );
  });

  it("refuses a file that is cut off anywhere but after a statement", () => {
    const text = "default 2;\nproxy_for 1 1.2.3.4:8888;\nproxy_for -1 1.2.3.4:8888;\n# the end\nproxy_for 2 [::1]:443;";
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), (length) => {
        const cut = text.slice(0, length);
        const whole = cut.replace(/#[^\n]*/g, "").trim();
        fc.pre(whole !== "" && !whole.endsWith(";"));
        expect(refusal(cut).kind).toBe("invalid");
      }),
    );
  });

  it("answers any text with a configuration or with an invalid error that names a line", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "proxy_for ",
        "proxy ",
        "default ",
        "timeout ",
        " 1 ",
        "1.2.3.4",
        ":",
        "80",
        ";",
        "\n",
        "#",
        "[::1]",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(parseProxyMultiConf(pieces.join("")).datacenters.size).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.message).toMatch(/line \d+: /);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

const blanks = fc.stringMatching(/^[ \t]{1,3}$/);
const space = fc.oneof(fc.stringMatching(/^[ \t\r\n]{0,3}$/), fc.stringMatching(/^#[ -~]{0,9}\n$/));
const address = fc.oneof(
  fc.ipV4().map((host) => ({ host, text: host })),
  fc.ipV6().map((host) => ({ host, text: `[${host}]` })),
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}\.example$/).map((host) => ({ host, text: host })),
);
const line = fc.record({
  address,
  port: fc.integer({ min: 1, max: 65_535 }),
  blanks,
  spaces: fc.tuple(space, space, space),
});
const datacenter = fc.integer({ min: -32_768, max: 32_767 });

/** A file in random spelling together with what it says. */
const writtenConf = fc
  .record({
    defaultDatacenter: datacenter,
    groups: fc.uniqueArray(fc.record({ id: datacenter, lines: fc.array(line, { minLength: 1, maxLength: 4 }) }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 8,
    }),
  })
  .map(({ defaultDatacenter, groups }) => {
    const statements = groups.flatMap(({ id, lines }) =>
      lines.map(
        ({ address: { text }, port, blanks: gap, spaces: [before, middle, after] }) =>
          `${before}proxy_for${gap}${id}${gap}${text}${middle}:${gap}${port}${after};`,
      ),
    );
    return {
      text: `default ${defaultDatacenter};${statements.join("")}`,
      defaultDatacenter,
      listed: groups.map(({ id, lines }) => [id, lines.map(({ address: { host }, port }) => target(host, port))]),
    };
  });
