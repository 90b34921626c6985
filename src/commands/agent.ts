import { type AgentNumber, agentNumbers } from "../domain/agent.ts";
import { AppError } from "../domain/errors.ts";
import type { CliCommand } from "./command.ts";

/** What runs all the time while HAProxy routes. */
export function declareAgentCommand(program: CliCommand): void {
  program
    .command("agent <number>")
    .description("be one of the two agents (1 or 2) that tell HAProxy who is connecting; a service of the host runs it")
    .examples(["mtproxy agent 1", "mtproxy agent 2"])
    .runs(
      async (ctx, number: string) => {
        const agent = parseNumber(number);
        const [screen, signal] = [await ctx.screen(), ctx.signal];
        await ctx.agents.serve(agent, { signal, onHangup: ctx.onHangup, log: (line) => screen.line(line) });
        return { data: null };
      },
      () => "",
    );
}

function parseNumber(typed: string): AgentNumber {
  const number = agentNumbers.find((it) => String(it) === typed);
  if (number !== undefined) return number;
  throw new AppError("usage", "there are two agents, 1 and 2", { hint: "mtproxy agent 1" });
}
