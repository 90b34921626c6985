import type { CommandLine } from "./command-line.ts";
import type { Log } from "./log.ts";

type Stop = "SIGTERM" | "SIGINT";
const stops: readonly Stop[] = ["SIGTERM", "SIGINT"];

/** Until the ports are open a signal ends the process on the spot, with exit code 1. */
export function stopAtOnce(log: Log): void {
  for (const name of stops) {
    process.on(name, () => {
      log.saySignal(`${name} handled immediately.`);
      process.exit(1);
    });
  }
}

export interface SignalActions {
  readonly log: Log;
  readonly line: CommandLine;
  readonly reload: () => void;
}

/** What signals do once the proxy runs: clients are cut without a drain, HUP may reload, USR1 reopens the log. */
export function handleSignals({ log, line, reload }: SignalActions): void {
  for (const name of stops) {
    process.removeAllListeners(name);
    process.on(name, () => {
      log.saySignal(`${name} handled.`);
      log.say(`Terminated by ${name}.`);
      process.exit(0);
    });
  }
  process.on("SIGHUP", () => {
    log.saySignal("received signal 01");
    reload();
  });
  process.on("SIGUSR1", () => {
    log.saySignal("received signal 10");
    log.redirect(line.logFile);
  });
}
