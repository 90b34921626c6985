import type { SchemaList, ShownSchema } from "../app/schemas/show-schema.ts";

/** The schema itself, to be kept in a file; or what there is. */
export function schemaView(data: SchemaList | ShownSchema): string {
  if ("text" in data) return JSON.stringify(JSON.parse(data.text), null, 2);
  const lines = data.schemas.map(({ name }) => `  ${name}`);
  return [`JSON Schemas of what commands print with --json, in ${data.folder}:`, ...lines].join("\n");
}
