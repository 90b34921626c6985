import fc from "fast-check";
import { expect, test } from "vitest";
import { snakeCase } from "../../../src/ui/snake-case.ts";

test("names fields in snake_case at every depth and leaves values alone", () => {
  const data = { createdAt: "aB", files: { qrPng: 1 }, list: [{ shardId: 1, egressIpv4: null }], idleCpuPercent: 3 };
  for (const indent of [0, 2]) {
    expect(JSON.parse(snakeCase(JSON.stringify(data, null, indent)))).toEqual({
      created_at: "aB",
      files: { qr_png: 1 },
      list: [{ shard_id: 1, egress_ipv4: null }],
      idle_cpu_percent: 3,
    });
  }
});

test("leaves names alone that are in snake_case, or begin with a capital", () => {
  const json = JSON.stringify({ tme_link: "x", Name: "y" });
  expect(snakeCase(json)).toBe(json);
});

const textLikeJson = fc.string({ unit: fc.constantFrom(...'aB1_"\\:, {}[]') });

test("changes no text and loses no field, whatever the texts look like", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ aText: textLikeJson, someMore: fc.array(textLikeJson) })), (list) => {
      const renamed = list.map(({ aText: a_text, someMore: some_more }) => ({ a_text, some_more }));
      expect(JSON.parse(snakeCase(JSON.stringify(list)))).toEqual(renamed);
    }),
  );
});
