import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../../../src/cli.ts";
import type { CliCommand } from "../../../src/commands/command.ts";
import { schemaDocuments } from "../../../src/schemas/documents.ts";
import { commonFile, type JsonSchema } from "../../../src/schemas/schema.ts";

const documents = schemaDocuments();
const files = [...documents].map(([file, document]) => ({ file, document }));

/** A schema and all within it, with the place of each. */
function parts(schema: unknown, place = "#"): [string, JsonSchema][] {
  if (typeof schema !== "object" || schema === null) return [];
  const below = Object.entries(schema).flatMap(([name, part]) => parts(part, `${place}/${name}`));
  return Array.isArray(schema) ? below : [[place, schema as JsonSchema], ...below];
}

function namesOf(command: CliCommand): string[] {
  const children = (command.createHelp().visibleCommands(command) as CliCommand[]).filter((it) => it.name() !== "help");
  return children.length === 0 ? [command.path] : children.flatMap(namesOf);
}

test("every command has a schema", () => {
  const words = [
    ...namesOf(buildProgram("mtproxy")),
    ...namesOf(buildProgram("vless-user")).map((it) => `vless-user ${it}`),
  ];
  const wanted = [...new Set(words.map((it) => `${it.replaceAll(" ", "-")}.1.json`)), "error.1.json", commonFile];
  expect([...documents.keys()].sort()).toEqual(wanted.sort());
});

describe.each(files)("$file", ({ file, document }) => {
  const inside = parts(document);

  test("is a schema of draft 2020-12, and so is everything that it refers to", () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    formats.default(ajv);
    if (file !== commonFile) ajv.addSchema(documents.get(commonFile) as AnySchemaObject);
    expect(() => ajv.compile(document)).not.toThrow();
    expect(document.$id).toBe(file);
  });

  test("says of every field what it means", () => {
    const fields = inside.filter(([place]) => /\/properties\/\w+$/.test(place) && !place.includes("/oneOf/"));
    const silent = fields.filter(
      ([, { description, $ref, title, ...rest }]) => !(description ?? $ref ?? title ?? isRef(rest)),
    );
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  test("lets no object have fields that it does not name", () => {
    const objects = inside.filter(([, { type }]) => type === "object");
    expect(objects.filter(([, { additionalProperties }]) => additionalProperties !== false)).toEqual([]);
    expect(objects.length + (file === "error.1.json" ? 1 : 0)).toBeGreaterThan(0);
  });

  test("names its fields in snake_case", () => {
    const names = inside.flatMap(([, { properties }]) => Object.keys(properties ?? {}));
    expect(names.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
  });
});

/** `{anyOf: [{$ref}, null]}` says what its reference says. */
function isRef({ anyOf }: { readonly anyOf?: unknown }): true | undefined {
  return Array.isArray(anyOf) && anyOf.some((part) => "$ref" in part) ? true : undefined;
}
