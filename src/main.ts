import { type ProgramName, reportUncaught, runCli } from "./cli.ts";
import { watchInterrupts } from "./host/process.ts";
import { warnOn } from "./ui/output.ts";
import { processTerminal } from "./ui/terminal.ts";

/** The process edge: what bin/ calls. The exit code is set, not forced, so that what was printed arrives. */
export async function main(program: ProgramName, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const terminal = processTerminal();
  process.once("uncaughtException", (error) => {
    // The process is in an unknown state: say so and end, with 1 even if that cannot be said.
    reportUncaught(error, argv, terminal).finally(() => process.exit(1));
  });
  process.exitCode = await runCli(program, argv, { terminal, interrupts: watchInterrupts(warnOn(terminal)) });
}
