import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readImageFacts } from "../../../../src/engine/docker/image-facts.ts";
import { judge, type Observations } from "../../../../src/engine/docker/verdict.ts";

const probed = { image: "a/b", imageId: "sha256:1" };
const seen: Observations = { longHello: true, reloads: true, statsClient: true };

/** What a probe of the official build of 2025 prints. */
const printed = `probe: open files 20000
probe: binary /usr/local/bin/mtproto-proxy
probe: help exit 2
[17][2026-11-21 04:18:35.129061 local] Invoking engine mtproxy-0.02 compiled at Nov  1 2025 04:05:42 by gcc 12.2.0 64-bit after commit cafc3380a81671579ce366d0594b9a8e450827e9
usage: /usr/local/bin/mtproto-proxy [-v] [-6] <config-file>
	Simple MT-Proto proxy
	--domain/-D <arg>                  	adds allowed domain for TLS-transport mode
	--mtproto-secret/-S <arg>          	16-byte secret in hex mode
	--http-stats                       	allow http server to answer on stats queries
probe: started`.split("\n");

const without = (pattern: RegExp): string[] => printed.filter((line) => !pattern.test(line));

describe("what a probe printed", () => {
  test("is read as facts", () => {
    const facts = readImageFacts(printed);
    expect(facts).toMatchObject({
      binary: "/usr/local/bin/mtproto-proxy",
      helpExit: 2,
      version: "mtproxy-0.02",
      compiledAt: "2025-11-01",
      commit: "cafc3380a81671579ce366d0594b9a8e450827e9",
      openFilesLimit: 20_000,
    });
    expect([...facts.options]).toEqual(["domain", "mtproto-secret", "http-stats"]);
  });

  test("may lack anything", () => {
    fc.assert(
      fc.property(fc.subarray(printed), (lines) => {
        expect(readImageFacts(lines).openFilesLimit).toBeGreaterThan(0);
      }),
    );
    expect(readImageFacts([])).toEqual({ ran: false, options: new Set(), openFilesLimit: 1_048_576 });
    expect(readImageFacts(["probe: open files unlimited"]).openFilesLimit).toBe(1_048_576);
  });

  test("names no commit where the build has none", () => {
    const line = printed.map((it) => it.replace(/ after commit .*/, ""));
    expect(readImageFacts(line)).toMatchObject({ version: "mtproxy-0.02" });
    expect(readImageFacts(line).commit).toBeUndefined();
  });
});

describe("the verdict on an image", () => {
  const verdictOf = (lines: readonly string[], observations = seen) =>
    judge(probed, readImageFacts(lines), observations);

  test("is good when current clients' hello is answered", () => {
    expect(verdictOf(printed)).toMatchObject({ verdict: "good", longHello: true, fakeTls: true, httpStats: true });
  });

  test("is padded-only when only the short hello is answered, whatever the version says", () => {
    const verdict = verdictOf(printed, { ...seen, longHello: false });
    expect(verdict).toMatchObject({ verdict: "padded-only", longHello: false });
    expect(verdict.reasons.join()).toMatch(/refuses the ClientHello.*\(measured\).*dead for them/);
  });

  test.each<[string, boolean]>([
    ["mtproxy-0.01", false],
    ["mtproxy-0.02", true],
    ["mtproxy-3.0.5", true],
    ["engine-7", false],
  ])("goes by the version %s where nothing could be measured", (version, longHello) => {
    const lines = printed.map((line) => line.replace("mtproxy-0.02", version));
    const verdict = verdictOf(lines, { reloads: true, statsClient: true });
    expect(verdict.longHello).toBe(longHello);
    expect(verdict.reasons.join()).toMatch(/not measured/);
  });

  test("is padded-only without -D", () => {
    const verdict = verdictOf(without(/--domain/), { reloads: true, statsClient: true });
    expect(verdict).toMatchObject({ verdict: "padded-only", fakeTls: false, longHello: false });
  });

  test.each<[string, readonly string[], Observations, RegExp]>([
    ["no shell", [], { ...seen, ended: ["exec /bin/sh failed"] }, /no \/bin\/sh.*exec \/bin\/sh failed/],
    ["no binary", without(/probe: (binary|help)|Invoking|--/), seen, /no mtproto-proxy in it/],
    [
      "a binary that misses a library",
      printed.map((line) => line.replace("help exit 2", "help exit 127")),
      { ...seen, ended: ["error while loading shared libraries: libcrypto.so.1.1"] },
      /does not run: error while loading shared libraries/,
    ],
    ["no --http-stats", without(/--http-stats/), seen, /no --http-stats/],
    [
      "a process that ends by itself",
      printed,
      { ...seen, ended: ["fatal: bad luck"] },
      /ends by itself: fatal: bad luck/,
    ],
  ])("is unusable with %s", (_, lines, observations, reason) => {
    const verdict = verdictOf(lines, observations);
    expect(verdict.verdict).toBe("unusable");
    expect(verdict.reasons.join()).toMatch(reason);
  });

  test("tells what the image lacks", () => {
    const { reasons } = verdictOf(printed, { ...seen, reloads: false, statsClient: false });
    expect(reasons.join()).toMatch(/SIGHUP does nothing/);
    expect(reasons.join()).toMatch(/no program in it can ask for \/stats/);
  });
});
