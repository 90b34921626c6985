import { snakeCase } from "../ui/snake-case.ts";

/**
 * How the JSON that `--json` prints is described (JSON Schema, draft 2020-12). A description is made for a type of ours: that it names
 * all of the type's fields, and no others, is for the compiler to see. Every word that a client needs (meaning, unit, format) stands in
 * it, because whoever writes a client has nothing else.
 */

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The JSON of a T. */
export interface Schema<T> {
  readonly json: JsonSchema;
  /** Never there: it ties the description to exactly T. */
  readonly describes?: (value: T) => T;
}

/** The JSON of a T that may be left out of its object. */
export interface Optional<T> extends Schema<T> {
  readonly optional: true;
}

/** What is described once and referred to; by its name in common.1.json. */
export type Definitions = Map<string, JsonSchema>;

export type Fields<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? Optional<Required<T>[K]> : Schema<T[K]>;
};

export const commonFile = "common.1.json";

export function text(description: string, keywords: JsonSchema = {}): Schema<string> {
  return { json: { type: "string", description, ...keywords } };
}

export function flag(description: string): Schema<boolean> {
  return { json: { type: "boolean", description } };
}

/** A whole number from 0. */
export function count(description: string, keywords: JsonSchema = {}): Schema<number> {
  return { json: { type: "integer", minimum: 0, description, ...keywords } };
}

/** A number that may have a fraction, from 0. */
export function measure(description: string): Schema<number> {
  return { json: { type: "number", minimum: 0, description } };
}

/** ISO 8601, as in 2027-01-31T12:00:00.000Z. */
export function instant(description: string): Schema<string> {
  return text(`${description} (ISO 8601)`, { format: "date-time" });
}

/** One of a few words, each with its meaning. */
export function choice<T extends string>(description: string, meanings: Readonly<Record<T, string>>): Schema<T> {
  const words = Object.entries<string>(meanings);
  const explained = words.filter(([, meaning]) => meaning !== "").map(([word, meaning]) => `"${word}": ${meaning}`);
  const says = explained.length === 0 ? description : `${description}. ${explained.join("; ")}`;
  return { json: { type: "string", enum: words.map(([word]) => word), description: says } };
}

export function list<T>(description: string, items: Schema<T>): Schema<readonly T[]> {
  return { json: { type: "array", items: items.json, description } };
}

/** One of a few whole numbers. */
export function integer<T extends number>(description: string, values: readonly T[]): Schema<T> {
  return { json: { type: "integer", enum: values, description } };
}

/** For what goes on until it is ended, and prints no JSON then. */
export function nothing(description: string): Schema<null> {
  return { json: { type: "null", description } };
}

/** An object with exactly these fields, named as in the type; in JSON they are snake_case. */
export function object<T>(title: string, fields: Fields<T>): Schema<T> {
  const described = Object.entries(fields as Readonly<Record<string, Schema<unknown>>>);
  const entries = described.map(([name, schema]) => [jsonName(name), schema] as const);
  return {
    json: {
      title,
      type: "object",
      properties: Object.fromEntries(entries.map(([name, { json }]) => [name, json])),
      required: entries.filter(([, schema]) => !("optional" in schema)).map(([name]) => name),
      additionalProperties: false,
    },
  };
}

function jsonName(name: string): string {
  return snakeCase(`"${name}":`).slice(1, -2);
}

/** An object whose field names are values, as far as a pattern tells. */
export function record<T>(description: string, names: string, values: Schema<T>): Schema<Readonly<Record<string, T>>> {
  const patternProperties = { [names]: values.json };
  return { json: { type: "object", patternProperties, additionalProperties: false, description } };
}

export function orNull<T>({ json }: Schema<T>): Schema<T | null> {
  const { description, ...rest } = json;
  const said = description === undefined ? {} : { description };
  if (typeof json.type === "string" && json.enum === undefined) return { json: { ...json, type: [json.type, "null"] } };
  return { json: { anyOf: [rest, { type: "null" }], ...said } };
}

export function maybe<T>(schema: Schema<T>): Optional<T> {
  return { json: schema.json, optional: true };
}

export function either<A, B>(a: Schema<A>, b: Schema<B>): Schema<A | B> {
  return { json: { anyOf: [a.json, b.json] } };
}

const definitions: Definitions = new Map();

/** Describes something once, in the file of common definitions; where it is used more may be said of it. */
export function shared<T>(name: string, { json }: Schema<T>): (description?: string) => Schema<T> {
  definitions.set(name, json);
  return (description) => ({
    json: { $ref: `${commonFile}#/$defs/${name}`, ...(description === undefined ? {} : { description }) },
  });
}

/** Everything that `shared` was given, once all descriptions are loaded. */
export function sharedDefinitions(): Record<string, JsonSchema> {
  return Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}
