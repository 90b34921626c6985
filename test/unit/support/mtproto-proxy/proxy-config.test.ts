import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Log } from "../../../support/mtproto-proxy/log.ts";
import { Names } from "../../../support/mtproto-proxy/names.ts";
import { BadConfig, readProxyConfig } from "../../../support/mtproto-proxy/proxy-config.ts";

const folder = mkdtempSync(join(tmpdir(), "mtproxy-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

class Silent extends Log {
  said = "";
  override raw(text: string): void {
    this.said += text;
  }
}

/** The file's meaning, or what is said against it. */
async function read(content: string | Uint8Array): Promise<object | string> {
  const file = join(folder, "c");
  writeFileSync(file, content);
  const log = new Silent();
  try {
    const { clusters, defaultCluster } = await readProxyConfig(file, new Names(), log);
    return { clusters: Object.fromEntries(clusters), defaultCluster };
  } catch (error) {
    if (error instanceof BadConfig) return log.said;
    throw error;
  }
}

const target = fc.record({ ip: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) });
const clusters = fc.uniqueArray(
  fc.tuple(fc.integer({ min: -32_768, max: 32_767 }), fc.array(target, { minLength: 1, maxLength: 4 })),
  {
    minLength: 1,
    maxLength: 8,
    selector: ([id]) => id,
  },
);
const blank = fc.constantFrom(" ", "\t", "  ", "\n", "\r\n", " # words; 1.2.3.4:5\n");

test("reads every datacenter with its targets in order, however the blanks fall", async () => {
  await fc.assert(
    fc.asyncProperty(clusters, blank, blank, async (listed, before, after) => {
      const lines = listed.flatMap(([id, targets]) =>
        targets.map(({ ip, port }) => `${before}proxy_for ${id} ${ip}${after}:${port}${before};${after}`),
      );
      const expected = { clusters: Object.fromEntries(listed), defaultCluster: 2 };
      expect(await read(`default 2;${lines.join("")}`)).toEqual(expected);
    }),
  );
});

test("never fails otherwise than with its own words, whatever the file holds", async () => {
  const piece = fc.constantFrom(
    "proxy_for",
    "proxy",
    "default",
    " ",
    ";",
    ":",
    "1",
    "-2",
    "127.0.0.1",
    "x",
    "\n",
    "#",
    "{",
    "[",
  );
  const file = fc.oneof(
    fc.uint8Array(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
  );
  await fc.assert(
    fc.asyncProperty(file, async (content) => {
      const result = await read(content);
      if (typeof result === "string") expect(result).toContain("new configuration NOT applied");
    }),
  );
});
