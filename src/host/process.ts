import { AppError } from "../domain/errors.ts";
import type { Clock, Random } from "../ports.ts";

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** node's crypto module is loaded by whoever needs randomness; the global `crypto` takes four times as long to load. */
export const systemRandom: Random = {
  bytes: (count) => process.getBuiltinModule("node:crypto").randomBytes(count),
  uuid: () => process.getBuiltinModule("node:crypto").randomUUID(),
};

/** Ctrl-C and SIGTERM as a command sees them. */
export interface Interrupts {
  /** Reading it promises to end soon after it aborts (with an AppError interrupted as reason). */
  readonly signal: AbortSignal;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ends the process at the first signal while nobody reads `signal`, at the second one otherwise. That leaves things whole:
 * every file is written atomically and locks fall with the process.
 */
export function watchInterrupts(): Interrupts {
  // Made when it is asked for: what few commands need must not cost every start.
  let controller: AbortController | undefined;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (controller === undefined || controller.signal.aborted) process.exit(code);
      controller.abort(new AppError("interrupted", "interrupted"));
    });
  }
  return {
    get signal() {
      controller ??= new AbortController();
      return controller.signal;
    },
  };
}
