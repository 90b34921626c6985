import { type Complete, RootCommand, type Command as Suggested } from "@bomb.sh/tab";
import type { Argument, Command, Option } from "commander";

export { completionScript, type Shell } from "../render/completion.ts";

/** Words that only the home knows. */
export interface HomeWords {
  readonly users: readonly string[];
  readonly domains: readonly string[];
}

/**
 * Writes what fits at the end of a command line that is being typed, a line each. The library's own scripts are not used: they evaluate
 * what stands on the line, and a second one of them in a shell fails.
 */
export function suggest(program: Command, words: HomeWords, typed: readonly string[]): void {
  const root = new RootCommand();
  describe(root, program, words);
  for (const [path, command] of commandsBelow(program))
    describe(root.command(path, command.description()), command, words);
  root.parse([...typed]);
}

function commandsBelow(command: Command, path = ""): [string, Command][] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((child): [string, Command][] => {
      const below = `${path} ${child.name()}`.trim();
      return [[below, child], ...commandsBelow(child, below)];
    });
}

function describe(node: Suggested, command: Command, words: HomeWords): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const [name, alias] = [option.long?.replace(/^--/, ""), option.short?.replace(/^-/, "")];
    if (name === undefined) continue;
    if (!option.required && !option.optional) node.option(name, option.description, alias);
    else node.option(name, option.description, offers(wordsFor(option, option.flags, words)), alias);
  }
  for (const argument of command.registeredArguments)
    node.argument(argument.name(), offers(wordsFor(argument, argument.name(), words)), argument.variadic);
}

function wordsFor({ argChoices }: Argument | Option, name: string, { users, domains }: HomeWords): readonly string[] {
  if (argChoices !== undefined) return argChoices;
  if (/domain/.test(name)) return domains;
  return /^names?$/.test(name) ? users : [];
}

function offers(words: readonly string[]): (complete: Complete) => void {
  return (complete) => {
    for (const word of words) complete(word, "");
  };
}
