import { Argument } from "commander";
import type { Shell } from "../ui/completion.ts";
import type { CliCommand, CommandContext } from "./command.ts";

/** Names that the program is installed under. */
const namesOf: Readonly<Record<string, readonly string[]>> = {
  mtproxy: ["mtproxy", "familytraffic-mtproxy", "vless-mtproxy"],
};

export function declareCompletionCommands(program: CliCommand): void {
  const name = program.name();
  program
    .command("completion")
    .description("print what lets Tab complete commands, options, people and domains in a shell")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .examples([
      `source <(${name} completion bash)`,
      `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    ])
    .runs(
      async (_, shell: Shell) => ({ data: { shell, names: namesOf[name] ?? [name] } }),
      async ({ shell, names }) => (await import("../ui/completion.ts")).completionScript(shell, names),
    );
  program
    .command("complete [words...]", { hidden: true })
    .description("what the script of completion asks at each Tab")
    .examples([`${name} complete -- show-user-config a`])
    .runs(
      async (ctx, typed: readonly string[]) => {
        const { suggest } = await import("../ui/completion.ts");
        suggest(program, await homeWords(ctx), typed);
        return { data: null };
      },
      () => "",
    );
}

/** A home that cannot be read offers nothing: Tab is no place for errors. */
async function homeWords({ stores }: CommandContext) {
  const [users, domains] = await Promise.all([
    stores.users.read().then(
      (state) => state.users.map(({ name }) => name),
      () => [],
    ),
    stores.coverDomains.read().catch(() => []),
  ]);
  return { users, domains };
}
