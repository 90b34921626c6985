import type { SchemaList, ShownSchema } from "../app/schemas/show-schema.ts";
import { choice, either, list, object, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands about the program itself. */

interface CompletionNames {
  readonly shell: "bash" | "zsh" | "fish";
  readonly names: readonly string[];
}

const completion = object<CompletionNames>("For which shell a script was asked for; without --json it is printed", {
  shell: choice("The shell", { bash: "", zsh: "", fish: "" }),
  names: list("Names of the program that it completes", text("A command's name", { minLength: 1 })),
});

const name = text("As the field schema of the output says it", { pattern: "^mtproxy/[a-z0-9-]+/[0-9]+$" });
const file = value.path("Where it is");

const shownSchema = object<ShownSchema>("The schema of a command's output", {
  name,
  file,
  text: text("The schema with everything that it refers to, JSON in one text"),
});

const schemaList = object<SchemaList>("The schemas there are", {
  folder: value.path("Where they are"),
  schemas: list("One a command", object<SchemaList["schemas"][number]>("A schema", { name, file })),
});

export const help = { completion, "vless-user completion": completion, schema: either(schemaList, shownSchema) };
