import { describe, expect, test } from "vitest";
import { editUsers, emptyUsers, type UserEdit } from "../../../src/state/users-text.ts";

const add: UserEdit = {
  kind: "add",
  name: "bob",
  uuid: "u-1",
  proxyPassword: "pw",
  fields: { mtproxy_enabled: true, mtproxy_note: null },
};
const remove: UserEdit = { kind: "remove-record", name: "bob" };

describe("adding a record", () => {
  test("to a new file gives the usual two-space style", () => {
    expect(editUsers(emptyUsers, [add])).toBe(`{
  "users": [
    {
      "username": "bob",
      "uuid": "u-1",
      "proxy_password": "pw",
      "mtproxy_enabled": true,
      "mtproxy_created_record": true
    }
  ]
}
`);
  });

  test.each([
    [
      '{"users":[]}',
      '{"users":[{"username":"bob","uuid":"u-1","proxy_password":"pw","mtproxy_enabled":true,"mtproxy_created_record":true}]}',
    ],
    [
      '{"users": []}',
      '{"users": [{"username": "bob", "uuid": "u-1", "proxy_password": "pw", "mtproxy_enabled": true, "mtproxy_created_record": true}]}',
    ],
    [
      '{"users":[{"username":"a","x":1}]}',
      '{"users":[{"username":"a","x":1},{"username":"bob","uuid":"u-1","proxy_password":"pw","mtproxy_enabled":true,"mtproxy_created_record":true}]}',
    ],
    [
      '{\n\t"users": [\n\t\t{ "username": "a", "x": 1e400 }\n\t]\n}',
      '{\n\t"users": [\n\t\t{ "username": "a", "x": 1e400 },\n\t\t{ "username": "bob", "uuid": "u-1", "proxy_password": "pw", "mtproxy_enabled": true, "mtproxy_created_record": true }\n\t]\n}',
    ],
  ])("to %j keeps its style", (text, expected) => {
    expect(editUsers(text, [add])).toBe(expected);
    expect(editUsers(expected, [remove])).toBe(text);
  });
});
