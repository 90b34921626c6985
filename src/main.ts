import { type ProgramName, reportUncaught, runCli } from "./cli.ts";
import { watchInterrupts } from "./host/process.ts";
import { processTerminal } from "./ui/terminal.ts";

/** The process edge: what bin/ calls. The exit code is set, not forced, so that what was printed arrives. */
export async function main(program: ProgramName, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const terminal = processTerminal();
  endQuietlyWithoutReader();
  process.once("uncaughtException", (error) => {
    // The process is in an unknown state: say so and end, with 1 even if that cannot be said.
    reportUncaught(error, argv, terminal).finally(() => process.exit(1));
  });
  process.exitCode = await runCli(program, argv, { terminal, interrupts: watchInterrupts() });
}

/** `mtproxy list-users | head -1` closes our stdout early: that is no error, and a closed stderr must not stop the work. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  process.stderr.on("error", () => {});
}
