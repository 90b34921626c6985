import type { CliCommand } from "./command.ts";

export function declareLinkCommands(program: CliCommand): void {
  program
    .command("link")
    .description("work with links")
    .command("decode <text...>")
    .description("explain and repair a pasted link or secret, and say whose it is; - reads standard input")
    .reveals()
    .examples(["mtproxy link decode 'tg://proxy?server=…&port=…&secret=…'", "mtproxy link decode - < message.txt"])
    .runs(
      async (ctx, words: readonly string[]) =>
        (await import("../app/people/decode-link.ts")).decodeLink(ctx, await givenText(words)),
      async (data, style) => (await import("../ui/link-views.ts")).decodedLinkView(data, style),
    );
}

/** A key on a command line stays in the shell's history: `-` is the way around that. */
async function givenText(words: readonly string[]): Promise<string> {
  if (words.join() !== "-") return words.join(" ");
  const { text } = await import("node:stream/consumers");
  return text(process.stdin);
}
