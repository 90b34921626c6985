import { describe, expect, it } from "vitest";
import { parseUsers } from "../../../src/state/users-parse.ts";
import { editUsers, limitFields } from "../../../src/state/users-text.ts";

const foreign = `{ "users" : [
  {"username":"alice", "uuid":"1e0", "quota": 1.50, "mtproxy_enabled": true , "x":[ ]}
],"more": 1.0 }\n`;
const limits = { connections: 24, addresses: 3, quota: { bytes: 50e9, period: "30d" as const }, rate: 2e6 };

describe("limits in users.json", () => {
  it("are read as they were written, and everybody else's bytes stay", () => {
    const text = editUsers(foreign, [{ kind: "set", name: "alice", fields: limitFields(limits) }]);
    expect(parseUsers(text, "users.json").users[0]?.limits).toEqual(limits);
    expect(editUsers(text, [{ kind: "set", name: "alice", fields: limitFields({}) }])).toBe(foreign);
  });

  it("without a bound are none, and a quota without a period is that of a month", () => {
    const read = (value: string) =>
      parseUsers(`{"users":[{"username":"a","mtproxy_limits":${value}}]}`, "users.json").users[0]?.limits;
    expect(read("{}")).toBeUndefined();
    expect(read("null")).toBeUndefined();
    expect(read('{"connections":null,"later":1}')).toBeUndefined();
    expect(read('{"rate":2000000}')).toEqual({ rate: 2e6 });
    expect(read('{"quota_bytes":5}')).toEqual({ quota: { bytes: 5, period: "month" } });
  });

  it("that cannot be are refused with the field's name", () => {
    for (const value of [
      "[]",
      '"x"',
      '{"connections":0}',
      '{"addresses":1.5}',
      '{"quota_bytes":"5G"}',
      '{"quota_period":"year"}',
      '{"rate":1}',
      '{"rate":"2M"}',
    ])
      expect(() => parseUsers(`{"users":[{"username":"a","mtproxy_limits":${value}}]}`, "users.json"), value).toThrow(
        /mtproxy_limits/,
      );
  });
});
