import { buildProgram } from "../cli.ts";
import type { CliCommand } from "../commands/command.ts";
import { type ErrorKind, errorMeanings, exitCodes } from "../domain/errors.ts";
import { alertCommands } from "./alerts.ts";
import { audit } from "./audit.ts";
import { coverDomains } from "./cover-domains.ts";
import { help } from "./help.ts";
import { live } from "./live.ts";
import { machine } from "./machine.ts";
import { moving } from "./moving.ts";
import { people } from "./people.ts";
import {
  choice,
  commonFile,
  type JsonSchema,
  list,
  object,
  orNull,
  type Schema,
  shared,
  sharedDefinitions,
  text,
} from "./schema.ts";
import { settings } from "./settings.ts";
import { sharedSecrets } from "./shared-secrets.ts";
import { statsApi } from "./stats-api.ts";
import { watching } from "./watching.ts";

/** What each command's `data` is, by its words below the program: `image probe`. */
const described: Readonly<Record<string, Pick<Schema<unknown>, "json">>> = {
  ...people,
  ...sharedSecrets,
  ...coverDomains,
  ...settings,
  ...machine,
  ...live,
  ...watching,
  ...statsApi,
  ...audit,
  ...alertCommands,
  ...moving,
  ...help,
};

const kinds = Object.fromEntries(
  Object.entries(errorMeanings).map(([kind, meaning]) => [
    kind,
    `${meaning} (exit code ${exitCodes[kind as ErrorKind]})`,
  ]),
) as Record<ErrorKind, string>;

interface EnvelopeError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string | null;
}

const error = shared<EnvelopeError>(
  "error",
  object<EnvelopeError>("What went wrong", {
    kind: choice("What kind of thing; each is one exit code", kinds),
    message: text("What happened, a sentence without keys", { minLength: 1 }),
    hint: orNull(text("The next step, usually a command to type")),
  }),
);

const warnings = shared<readonly string[]>(
  "warnings",
  list("What else somebody should know, whether it worked or not", text("A sentence without keys", { minLength: 1 })),
);

/** Every file of schemas/ by its name. A command that nobody described has none. */
export function schemaDocuments(): Map<string, JsonSchema> {
  const commands = [...leaves(buildProgram("mtproxy")), ...leaves(buildProgram("vless-user"), "vless-user")];
  const files = commands.flatMap(([words, command]): [string, JsonSchema][] => {
    const data = described[words];
    return data === undefined ? [] : [[fileOf(words), envelope(words, command.description(), data.json)]];
  });
  return new Map([...files, [fileOf("error"), errorBeforeCommand()], [commonFile, common()]]);
}

/** Commands that can be typed, with the words that name them in their schemas. */
function leaves(command: CliCommand, ...before: string[]): [string, CliCommand][] {
  const visible = command.createHelp().visibleCommands(command) as CliCommand[];
  const children = visible.filter((child) => child.name() !== "help");
  if (children.length === 0) return [[before.join(" "), command]];
  return children.flatMap((child) => leaves(child, ...before, child.name()));
}

function fileOf(words: string): string {
  return `${words.replaceAll(" ", "-")}.1.json`;
}

const draft = "https://json-schema.org/draft/2020-12/schema";

/** What `--json` prints: one object, the same around the data of all commands. */
function envelope(words: string, purpose: string, data: JsonSchema): JsonSchema {
  return {
    $schema: draft,
    $id: fileOf(words),
    title: `mtproxy ${words} --json`,
    description: `What "mtproxy ${words} --json" prints on stdout: ${purpose}.`,
    ...envelopeFields(words, {
      description: "The result. Null where there is none; with ok false what was achieved all the same",
      anyOf: [{ $ref: "#/$defs/data" }, { type: "null" }],
    }),
    oneOf: [
      { properties: { ok: { const: true }, data: { $ref: "#/$defs/data" }, error: { type: "null" } } },
      { properties: { ok: { const: false }, error: { $ref: `${commonFile}#/$defs/error` } } },
    ],
    $defs: { data },
  };
}

function envelopeFields(words: string, data: JsonSchema): JsonSchema {
  const name = `mtproxy/${words.replaceAll(" ", "-")}/1`;
  return {
    type: "object",
    properties: {
      schema: { const: name, description: "Which command printed this; the number grows when a client must change" },
      ok: { type: "boolean", description: "It was done whole, and is live; the exit code is 0" },
      data,
      warnings: warnings().json,
      error: orNull(error("Null when ok is true")).json,
    },
    required: ["schema", "ok", "data", "warnings", "error"],
    additionalProperties: false,
  };
}

function errorBeforeCommand(): JsonSchema {
  const fields = envelopeFields("error", { type: "null", description: "There is no result" });
  const properties = fields.properties as Readonly<Record<string, JsonSchema>>;
  return {
    $schema: draft,
    $id: fileOf("error"),
    title: "A command line that names no command, or not rightly",
    description: 'What any "mtproxy … --json" prints on stdout when it is not known what shall be done.',
    ...fields,
    properties: { ...properties, ok: { ...properties.ok, const: false }, error: error().json },
  };
}

function common(): JsonSchema {
  const about = "What the schemas of several commands refer to.";
  return {
    $schema: draft,
    $id: commonFile,
    title: "Common definitions",
    description: about,
    $defs: sharedDefinitions(),
  };
}
