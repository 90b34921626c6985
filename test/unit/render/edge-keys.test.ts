import { expect, test } from "vitest";
import type { EdgeEntry } from "../../../src/domain/edge-entries.ts";
import { parseAgentConfig } from "../../../src/edge/agent/key-file.ts";
import { renderEdgeKeys } from "../../../src/render/edge-keys.ts";
import { numberedKey } from "../../support/domain.ts";

const entries: readonly EdgeEntry[] = [
  { key: numberedKey(1), holder: "alice", server: "alice", shardId: 1, family: "obfuscated", coverDomains: [] },
  {
    key: numberedKey(2),
    holder: "bob",
    server: "bob:old",
    shardId: 2,
    family: "fake-tls",
    coverDomains: ["www.example.com"],
    refusal: "disabled",
    limits: { maxConnections: 8, rate: 2e6 },
  },
];

test("an agent reads back what was rendered for it", () => {
  const { content, generation, leaf } = renderEdgeKeys(entries, true);
  const [alice, { limits, ...bob } = { limits: undefined }] = entries;
  expect(leaf).toBe("keys.json");
  expect(parseAgentConfig(content)).toEqual({
    generation,
    helloBytes: { minBytes: 517, maxBytes: 4096 },
    keys: [alice, { ...bob, ...limits }],
  });
});

test("the same people are the same state, and anybody else another one", () => {
  const { generation } = renderEdgeKeys(entries, true);
  expect(renderEdgeKeys(entries, true).generation).toBe(generation);
  expect(renderEdgeKeys(entries, false).generation).not.toBe(generation);
  expect(renderEdgeKeys(entries.slice(1), true).generation).not.toBe(generation);
});
