import { schemaDocuments } from "../src/schemas/documents.ts";

/** The files of schemas/ by name, as text. */
export function schemas(): Record<string, string> {
  const documents = [...schemaDocuments()];
  return Object.fromEntries(documents.map(([name, document]) => [name, `${JSON.stringify(document, null, 2)}\n`]));
}
