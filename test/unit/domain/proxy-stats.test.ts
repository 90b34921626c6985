import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { parseProxyStats } from "../../../src/domain/proxy-stats.ts";

/** What the official binary prints while idle with no way to Telegram. */
const idlePage = readFileSync(new URL("../../fixtures/proxy/stats-idle.txt", import.meta.url), "utf8");

/** Values that differ from each other, so that no line can be taken for its neighbour. */
const busyValues = {
  start_time: 1795226186,
  uptime: 7341,
  total_ready_targets: 10,
  total_declared_targets: 11,
  ext_connections: 12,
  ext_connections_created: 713,
  total_special_connections: 17,
  workers: 0,
  tcp_readv_bytes: 123_456_789_012,
  tcp_writev_bytes: 987_654_321,
  vmrss_bytes: 12_345_678,
  proxy_tag_set: 1,
};

function page(values: Record<string, number | string>, base = idlePage): string {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name}\\t.*$`, "m"), `${name}\t${value}`),
    base,
  );
}

function without(name: string): string {
  return idlePage.replace(new RegExp(`^${name}\\t.*\\n`, "m"), "");
}

function refusal(text: string): AppError {
  try {
    parseProxyStats(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`);
}

describe("parseProxyStats", () => {
  it("reads the page of an idle official proxy", () => {
    expect(parseProxyStats(idlePage)).toEqual({
      startTime: 1795226186,
      uptime: 1,
      readyTargets: 0,
      declaredTargets: 5,
      activeClients: 0,
      clientsSinceStart: 0,
      openSockets: 0,
      bytesIn: 73,
      bytesOut: 0,
      configMd5: "753cc37243679de55f8de22b6a1f4d5e",
      tagSet: false,
      workers: 0,
      version:
        "mtproxy-0.01 compiled at Nov 21 2026 01:48:34 by gcc 12.2.0 64-bit after commit dc0c7f3de40530053189c572936ae4fd1567269b",
      residentBytes: 5115904,
    });
  });

  it("takes every figure from its own line", () => {
    expect(parseProxyStats(page(busyValues))).toMatchObject({
      startTime: 1795226186,
      uptime: 7341,
      readyTargets: 10,
      declaredTargets: 11,
      activeClients: 12,
      clientsSinceStart: 713,
      openSockets: 17,
      bytesIn: 123_456_789_012,
      bytesOut: 987_654_321,
      residentBytes: 12_345_678,
      tagSet: true,
    });
  });

  it("leaves out the byte counters of a master, which serves nobody", () => {
    const stats = parseProxyStats(page({ ...busyValues, workers: 2 }));
    expect(stats.workers).toBe(2);
    expect(stats).not.toHaveProperty("bytesIn");
    expect(stats).not.toHaveProperty("bytesOut");
  });

  it.each(["tcp_readv_bytes", "config_md5", "vmrss_bytes", "version", "proxy_tag_set", "pid"])(
    "does without the line %s",
    (name) => {
      expect(parseProxyStats(without(name)).declaredTargets).toBe(5);
    },
  );

  it.each(["start_time", "uptime", "total_ready_targets", "ext_connections", "workers"])(
    "refuses a page without %s and names it",
    (name) => {
      const error = refusal(without(name));
      expect(error.kind).toBe("engine");
      expect(error.message).toContain(name);
    },
  );

  it.each(["", "\n\n", "<!DOCTYPE html><html><body>404 Not Found</body></html>", "404", "{}", "uptime\t1\n"])(
    "refuses %j",
    (text) => {
      expect(refusal(text).kind).toBe("engine");
    },
  );

  it.each(["-1", "1.5", "0x10", "", "NaN", "99999999999999999999"])(
    "refuses the figure %j rather than guess",
    (value) => {
      expect(refusal(page({ ext_connections: value })).message).toContain("ext_connections");
    },
  );

  it("does not depend on the order of lines, line ends or unknown lines", () => {
    const lines = idlePage.trimEnd().split("\n");
    fc.assert(
      fc.property(
        fc.shuffledSubarray(lines, { minLength: lines.length }),
        fc.constantFrom("\n", "\r\n"),
        fc.array(
          fc.string({ minLength: 1 }).map((text) => `x_${text.replace(/\s/g, "_")}\t${text.replace(/[\r\n]/g, " ")}`),
        ),
        (shuffled, end, extra) => {
          expect(parseProxyStats([...extra, ...shuffled].join(end))).toEqual(parseProxyStats(idlePage));
        },
      ),
    );
  });

  it("refuses a page that was cut off before its last figure, wherever it was cut", () => {
    const lastFigure = idlePage.indexOf("\next_connections_created");
    fc.assert(
      fc.property(fc.nat({ max: lastFigure }), (length) => {
        expect(refusal(idlePage.slice(0, length)).kind).toBe("engine");
      }),
    );
  });

  it("answers any text with figures or with an engine error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(refusal(text).kind).toBe("engine");
      }),
    );
  });
});
