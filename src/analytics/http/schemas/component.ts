import type { JsonSchema, Schema } from "../../../schemas/schema.ts";

const components = new Map<string, JsonSchema>();

/** Describes something once, under a name of its own in the OpenAPI document, and refers to it from then on. */
export function component<T>(name: string, { json }: Schema<T>): Schema<T> {
  components.set(name, json);
  return { json: { $ref: `#/components/schemas/${name}` } };
}

/** Everything that `component` was given, once all descriptions are loaded. */
export function componentSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(components);
}
