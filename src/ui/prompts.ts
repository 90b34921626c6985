import type { Ask, GlobalOptions, TextOptions } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import { warningLine } from "./progress.ts";
import { createStyle } from "./style.ts";
import { printable, type Terminal, wantsColor } from "./terminal.ts";

/** Questions at the terminal, on stderr so that stdout stays data. inquirer is loaded when there is something to ask. */
export function createAsk(terminal: Terminal, { yes, input }: Pick<GlobalOptions, "yes" | "input">): Ask {
  const style = () => createStyle(wantsColor(terminal.err, terminal.env));
  const tell = (details: string | undefined): void => {
    if (details !== undefined) terminal.err.write(`${printable(details, wantsColor(terminal.err, terminal.env))}\n\n`);
  };
  const canAsk = () => input && terminal.in.isTTY === true && terminal.err.isTTY === true;
  return {
    get isPossible() {
      return !yes && canAsk();
    },
    async confirm(question, { default: byDefault = false, details } = {}) {
      if (yes) return true;
      if (!canAsk()) throw unanswered(question, "--yes answers yes");
      tell(details);
      return answer((ask) =>
        ask([{ type: "confirm", name: "it", message: question, default: byDefault, theme: createTheme(terminal) }]),
      );
    },
    async text(question, { flag, default: byDefault, check, details }) {
      if (yes && byDefault !== undefined) return byDefault;
      if (!canAsk()) throw unanswered(question, `answer it with ${flag}`);
      tell(details);
      const theme = { ...createTheme(terminal), validationFailureMode: "clear" } as const;
      const validate = async (text: string) => (await faultOf(text, check)) ?? true;
      return answer((ask) =>
        ask([{ type: "input", name: "it", message: question, default: byDefault, validate, theme }]),
      );
    },
    async password(question, { flag, twice = false }) {
      if (!canAsk()) throw unanswered(question, `answer it with ${flag}`);
      const askFor = (message: string) =>
        answer<string>((ask) => ask([{ type: "password", name: "it", message, theme: createTheme(terminal) }]));
      for (;;) {
        const given = await askFor(question);
        if (!twice || given === (await askFor("The same once more:"))) return given;
        terminal.err.write(`${warningLine("the two differ; please type it again", style())}\n`);
      }
    },
  };
}

/** Why an answer cannot be taken, in the words of whoever would refuse it later. */
async function faultOf(text: string, check: TextOptions["check"]): Promise<string | undefined> {
  try {
    await check?.(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return printable(error.hint === undefined ? error.message : `${error.message}: ${error.hint}`, false);
  }
}

type Prompt = ReturnType<typeof import("inquirer").default.createPromptModule>;

async function answer<T>(ask: (prompt: Prompt) => Promise<{ it: T }>): Promise<T> {
  const { default: inquirer } = await import("inquirer");
  try {
    return (await ask(inquirer.createPromptModule({ input: process.stdin, output: process.stderr }))).it;
  } catch (error) {
    // What inquirer throws at Ctrl-C and at a closed input, after it restored the terminal.
    if (error instanceof Error && error.name === "ExitPromptError") throw new AppError("interrupted", "interrupted");
    throw error;
  }
}

/** inquirer's own colours ignore NO_COLOR on Node 20. */
function createTheme(terminal: Terminal) {
  const style = createStyle(wantsColor(terminal.err, terminal.env));
  return {
    prefix: { idle: style.bold("?"), done: style.good("✓") },
    style: {
      message: style.bold,
      answer: String,
      defaultAnswer: (text: string) => style.dim(`[${text}]`),
      error: style.bad,
    },
  };
}

function unanswered(question: string, hint: string): AppError {
  return new AppError("usage", `nobody can be asked here: ${question}`, { hint });
}
