import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProxySecret, checkReplacement } from "../../../src/domain/telegram-files.ts";

const ALL = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5];

function conf(ids: readonly number[] = ALL, targets = 1, head = "default 2;\n"): string {
  const lines = ids.flatMap((id) =>
    Array.from({ length: targets }, (_, index) => `proxy_for ${id} 10.0.${id & 255}.${index}:8888;\n`),
  );
  return head + lines.join("");
}

describe("checkReplacement", () => {
  it("takes a complete file, the first as well as a later one", () => {
    expect(checkReplacement(undefined, conf())).toEqual([]);
    expect(checkReplacement(conf(), conf([...ALL, 203]))).toEqual([]);
    expect(checkReplacement(conf(ALL, 2), conf(ALL, 1))).toEqual([]);
  });

  it("passes on why a file does not parse", () => {
    expect(checkReplacement(conf(), "default 2;\nproxy_for 1 10.0.0.1:88")).toEqual([
      'proxy-multi.conf, line 2: ";" is expected',
    ]);
    expect(checkReplacement(undefined, "<html>502 Bad Gateway</html>")[0]).toContain("web page");
  });

  it("finds that the default leads nowhere, which the C proxy takes silently", () => {
    expect(checkReplacement(undefined, conf(ALL, 1, "default 9;\n"))).toEqual([
      "its default datacenter 9 is not listed",
    ]);
    expect(checkReplacement(undefined, conf(ALL, 1, ""))).toEqual(["it names no default datacenter"]);
    expect(checkReplacement(undefined, conf([0, ...ALL], 1, ""))).toEqual([]);
  });

  it("finds the datacenters that are gone", () => {
    expect(checkReplacement(conf([...ALL, 203, -203]), conf())).toEqual(["datacenters 203, -203 are missing"]);
  });

  it("misses datacenters of Telegram even in the first file", () => {
    expect(checkReplacement(undefined, conf([1, -1, 2, -2]))).toEqual(["datacenters 3, -3, 4, -4, 5, -5 are missing"]);
    expect(checkReplacement("broken", conf(ALL.slice(0, -1)))).toEqual(["datacenter -5 is missing"]);
  });

  it("finds a file with less than half of the proxies implausible", () => {
    expect(checkReplacement(conf(ALL, 3), conf(ALL, 1))).toEqual(["it lists 10 proxies, the one in use 30"]);
  });

  it("finds every cut that loses a datacenter, also a clean one behind a statement", () => {
    const whole = conf();
    const lastDatacenter = whole.indexOf("proxy_for -5");
    fc.assert(
      fc.property(fc.nat({ max: lastDatacenter }), fc.boolean(), (length, isFirst) => {
        expect(checkReplacement(isFirst ? undefined : whole, whole.slice(0, length))).not.toEqual([]);
      }),
    );
  });
});

it("a list that shrank is taken by whoever has looked at it, a wrong one by nobody", () => {
  const fewer = conf(ALL.filter((id) => id !== 5 && id !== -5));
  expect(checkReplacement(conf(), fewer)).toEqual(["datacenters 5, -5 are missing"]);
  expect(checkReplacement(conf(), fewer, true)).toEqual([]);
  expect(checkReplacement(conf(), "<html>502 Bad Gateway</html>", true)).not.toEqual([]);
  expect(checkReplacement(conf(), conf(ALL, 1, "default 9;\n"), true)).not.toEqual([]);
});

describe("checkProxySecret", () => {
  it("takes 32 to 256 random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 31, maxLength: 255 }), (bytes) => {
        expect(checkProxySecret(Uint8Array.of(0xfe, ...bytes))).toEqual([]);
      }),
    );
  });

  it.each([0, 31, 257, 16_385])("refuses %i bytes", (length) => {
    expect(checkProxySecret(new Uint8Array(length).fill(200))).toEqual([
      `proxy-secret is 32 to 256 bytes, this has ${length}`,
    ]);
  });

  it.each([
    "<html><body>Sign in to the network to go on</body></html>",
    "404 page not found, and nothing more to say\r\n",
  ])("refuses the text %j", (text) => {
    expect(checkProxySecret(new TextEncoder().encode(text))).toEqual(["proxy-secret is random bytes, this is text"]);
  });
});
