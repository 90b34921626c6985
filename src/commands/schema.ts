import type { Outcome } from "../app/outcome.ts";
import type { SchemaList, ShownSchema } from "../app/schemas/show-schema.ts";
import type { CliCommand } from "./command.ts";

export function declareSchemaCommand(program: CliCommand): void {
  program
    .command("schema [command...]")
    .description("print the JSON Schema of what a command prints with --json, or where they all are")
    .examples(["mtproxy schema", "mtproxy schema add-user", "mtproxy schema image probe > image-probe.json"])
    .runs(
      async (ctx, words: readonly string[]): Promise<Outcome<SchemaList | ShownSchema>> => {
        const { listSchemas, showSchema } = await import("../app/schemas/show-schema.ts");
        return words.length === 0 ? listSchemas(ctx) : showSchema(ctx, words);
      },
      async (data) => (await import("../ui/schema-views.ts")).schemaView(data),
    );
}
