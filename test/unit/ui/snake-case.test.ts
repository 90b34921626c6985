import { expect, test } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { snakeCase } from "../../../src/ui/snake-case.ts";

test("names fields in snake_case at every depth and leaves values alone", () => {
  const data = { createdAt: "aB", files: { qrPng: 1 }, list: [{ shardId: 1, egressIpv4: null }], tme_link: "x" };
  expect(snakeCase(data)).toEqual({
    created_at: "aB",
    files: { qr_png: 1 },
    list: [{ shard_id: 1, egress_ipv4: null }],
    tme_link: "x",
  });
});

test("leaves values that print themselves to do so", () => {
  const key = Key.parse("00112233445566778899aabbccddeeff");
  expect(JSON.stringify(snakeCase({ someKey: key }))).toBe('{"some_key":"[key]"}');
});
