import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { faultsOf, readEnvelope } from "../support/schemas.ts";

const home = sharedCliHome();

test("schema lists every schema and the folder that they are in, without a home", async () => {
  const { code, stdout, stderr } = await runCli(["schema"], { home: "/no/such/home" });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^JSON Schemas of what commands print with --json, in \/.*\/schemas:\n/);
  expect(stdout).toContain("\n  mtproxy/add-user/1\n");
  expect(stdout).toContain("\n  mtproxy/error/1\n");
  expect(stdout).not.toContain("common");
});

test("a printed schema stands alone, and is what the command prints", async () => {
  const card = await home().mtproxy("add-user", "alice", "--json");
  const { code, stdout } = await home().mtproxy("schema", "add-user");
  expect(code).toBe(0);
  const schema = JSON.parse(stdout) as AnySchemaObject;
  expect(stdout).not.toContain("common.1.json");
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  expect(validate(card.json), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...card.json, ok: false })).toBe(false);
});

test.each([["link decode"], ["link-decode"], ["mtproxy/link-decode/1"]])(
  "schema %s finds the command",
  async (words) => {
    const { code, stdout } = await runCli(["schema", ...words.split(" ")]);
    expect([code, JSON.parse(stdout).title]).toEqual([0, "mtproxy link decode --json"]);
  },
);

test("schema of what is no command says where they all are, with exit code 4", async () => {
  const { code, stdout, stderr } = await runCli(["schema", "add", "usr"]);
  expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
  expect(stderr).toBe('✗ there is no schema of "add usr"\n  mtproxy schema lists them\n');
});

test("the tests' own look at JSON finds what its schema does not say, and repeats no key", async () => {
  const { json } = await home().mtproxy("add-user", "bob", "--json");
  const data = json.data as { link: string };
  const wrong = [
    { ...json, data: { ...data, extra: data.link } },
    { ...json, data: { ...data, mode: data.link } },
    { ...json, data: { ...data, expires_at: "yesterday" } },
    { ...json, data: { ...data, port: "8443" } },
    { ...json, data: { ...data, link: undefined } },
    { ...json, data: null },
    { ...json, error: { kind: "invalid", message: "x", hint: null } },
    { ...json, ok: false },
    { ...json, ok: false, error: { kind: "other", message: "x", hint: null } },
    { ...json, more: 1 },
    { ...json, schema: "mtproxy/add-user/2" },
    { ...json, schema: "mtproxy/list-users/1" },
  ];
  expect(faultsOf(json)).toEqual([]);
  const key = /secret=(?:dd|ee)?([0-9a-f]{32})/.exec(data.link)?.[1] ?? "";
  expect(key).toHaveLength(32);
  const found = wrong.map((envelope) => faultsOf(envelope));
  expect(found.map((faults) => faults.length > 0)).toEqual(wrong.map(() => true));
  expect(found.flat().join()).not.toContain(key);
  const shown = () =>
    readEnvelope(JSON.stringify({ ...json, data: { ...data, mode: data.link } }), `show ${data.link}`);
  expect(shown).toThrow(/mtproxy show tg:.*secret=\[key\] --json .*\n {2}\/data\/mode must be equal to one of/);
});
