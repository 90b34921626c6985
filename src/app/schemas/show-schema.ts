import { dirname, join } from "node:path";
import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";
import type { Outcome } from "../outcome.ts";

export interface ListedSchema {
  /** As the field `schema` of the output says it: `mtproxy/add-user/1`. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
}

export interface SchemaList {
  readonly folder: string;
  readonly schemas: readonly ListedSchema[];
}

export interface ShownSchema extends ListedSchema {
  /** The schema with everything that it refers to; JSON in one line. */
  readonly text: string;
}

/** What the others refer to. */
const COMMON = "common.1.json";
const REFERENCE = /"common\.1\.json#\/\$defs\/([^"]+)"/g;

type Definitions = Readonly<Record<string, object>>;

/** The schemas that came with this program. */
export async function listSchemas(ctx: HostContext): Promise<Outcome<SchemaList>> {
  const folder = await schemaFolder(ctx);
  const files = (await ctx.files.list(folder)).filter((file) => file.endsWith(".json") && file !== COMMON).sort();
  return { data: { folder, schemas: files.map((file) => ({ name: nameOf(file), file: join(folder, file) })) } };
}

/**
 * One of them, as a file that stands alone.
 * @param words of the command, or the name of its schema
 * @throws AppError not-found
 */
export async function showSchema(ctx: HostContext, words: readonly string[]): Promise<Outcome<ShownSchema>> {
  const wanted = words.join(" ");
  const { schemas, folder } = (await listSchemas(ctx)).data;
  const found = schemas.find(({ name }) => name === wanted || name === `mtproxy/${wanted.replaceAll(" ", "-")}/1`);
  if (found === undefined)
    throw new AppError("not-found", `there is no schema of "${shown(wanted)}"`, { hint: "mtproxy schema lists them" });
  const [own, common] = await Promise.all([readJson(ctx, found.file), readJson(ctx, join(folder, COMMON))]);
  const whole = { ...own, $defs: { ...own.$defs, ...referredTo(own, common.$defs) } };
  return { data: { ...found, text: JSON.stringify(whole).replaceAll(`"${COMMON}#`, '"#') } };
}

/** The definitions that a schema names, and those that these name. */
function referredTo(schema: object, definitions: Definitions = {}, found: Record<string, object> = {}): Definitions {
  for (const [, name = ""] of JSON.stringify(schema).matchAll(REFERENCE)) {
    const definition = definitions[name];
    if (definition === undefined || name in found) continue;
    found[name] = definition;
    referredTo(definition, definitions, found);
  }
  return found;
}

/** The package's: the program stands in another folder beside it. */
async function schemaFolder({ machine }: HostContext): Promise<string> {
  const [, program] = machine.ourselves;
  return join(dirname((await machine.realPath(program)) ?? program), "../schemas");
}

function nameOf(file: string): string {
  return `mtproxy/${file.replace(/\.(\d+)\.json$/, "/$1")}`;
}

async function readJson({ files }: HostContext, path: string): Promise<{ readonly $defs?: Definitions }> {
  const text = await files.readText(path);
  if (text === undefined)
    throw new AppError("environment", `${path} is missing`, { hint: "install the package again" });
  return JSON.parse(text);
}
