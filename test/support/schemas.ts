import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020, type AnySchemaObject, type ErrorObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Envelope } from "../../src/ui/output.ts";

/** The schemas that ship with the package, as the build made them. */
export const schemaFolder = resolve(import.meta.dirname, "../../schemas");

/** Refuses schemas that hold a keyword it does not know, or that contradict themselves. */
let validator: Ajv2020 | undefined;

/** The object that `--json` printed. Throws where it is not one, and where it is not what its schema says; neither repeats a key. */
export function readEnvelope(stdout: string, command: string): Envelope {
  const envelope = JSON.parse(stdout) as Envelope;
  const faults = faultsOf(envelope);
  if (faults.length === 0) return envelope;
  throw new Error(`mtproxy ${withoutKeys(command)} --json is not what its schema says:\n${faults.join("\n")}`);
}

/** Where an object that a command printed differs from its schema, a line each. */
export function faultsOf(envelope: Envelope): string[] {
  const file = fileOf(envelope.schema);
  const validate = loadSchemas().getSchema(file);
  if (validate === undefined) return [`  there is no ${join(schemaFolder, file)}`];
  if (validate(envelope)) return [];
  const errors = (validate.errors ?? []).filter((error) => tellsWhatIsWrong(error, envelope.ok));
  return [...new Set(errors.map((error) => faultLine(envelope, error)))];
}

/** `mtproxy/add-user/1` → `add-user.1.json`. */
export function fileOf(schema: string): string {
  return `${schema.replace(/^mtproxy\//, "").replace("/", ".")}.json`;
}

/** One for the test file that asks: making it takes longer than most commands run. */
function loadSchemas(): Ajv2020 {
  if (validator !== undefined) return validator;
  validator = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  formats.default(validator);
  for (const file of readdirSync(schemaFolder).filter((name) => name.endsWith(".json")))
    validator.addSchema(JSON.parse(readFileSync(join(schemaFolder, file), "utf8")) as AnySchemaObject);
  return validator;
}

/**
 * Of a choice between schemas each branch says why not it; that none fits goes without saying, and so does that a failure is no
 * success and data not null.
 */
function tellsWhatIsWrong({ keyword, schemaPath }: ErrorObject, ok: boolean): boolean {
  const other = ok ? "#/oneOf/1/" : "#/oneOf/0/";
  const isNull = keyword === "type" && schemaPath.endsWith("/anyOf/1/type");
  return !isNull && !schemaPath.startsWith(other) && keyword !== "oneOf" && keyword !== "anyOf";
}

function faultLine(envelope: unknown, { instancePath, message, params }: ErrorObject): string {
  const [wanted, found] = [JSON.stringify(params), JSON.stringify(valueAt(envelope, instancePath)) ?? "nothing"];
  return `  ${instancePath || "/"} ${message} ${withoutKeys(wanted)}, but is ${withoutKeys(found).slice(0, 200)}`;
}

function valueAt(value: unknown, path: string): unknown {
  const names = path.split("/").slice(1);
  return names.reduce<unknown>((found, name) => Object(found)[name.replaceAll("~1", "/").replaceAll("~0", "~")], value);
}

/** What is long enough to be a key is none of a test log's business. */
function withoutKeys(text: string): string {
  return text.replace(/[0-9a-f]{32,}/gi, "[key]").replace(/secret=[\w+/=-]+/g, "secret=[key]");
}
