import type { Log } from "./log.ts";

/** The process shall end with this code; everything there is to say was said. */
export class ProcessEnd extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** A failed assert of the original: its message, a backtrace, exit code 1 (server-functions.c, extended_debug_handler). */
export function failAssertion(log: Log, program: string, place: string, condition: string): ProcessEnd {
  log.raw(`${program}: ${place}: Assertion \`${condition}' failed.\n`);
  log.saySignal(`\n------- Stack Backtrace -------\n${program}(print_backtrace+0x19)[0x563c71b91be9]`);
  log.saySignal("-------------------------------");
  return new ProcessEnd(1);
}
