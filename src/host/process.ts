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

/** Ctrl-C, SIGTERM and a terminal that was closed, as a command sees them. */
export interface Interrupts {
  /** Reading it promises to end soon after it aborts (with an AppError interrupted as reason), also for one that was put off. */
  readonly signal: AbortSignal;
  /** See Context. */
  readonly putOff: () => void;
  /** From here on SIGHUP is no end: a process that nobody has at a terminal is told so to read its files again. */
  readonly onHangup: (reread: () => void) => void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const PUT_OFF =
  "interrupted: finishing what was begun, so that nobody keeps access that was taken away; once more to stop at once";
const CUT_OFF = "stopped at once: a change is saved that may not be live; mtproxy apply finishes it";

function interrupted(): AppError {
  return new AppError("interrupted", "interrupted");
}

/** timeout(1) sends its signal twice, to the process and to its group: nobody presses a key that fast. */
const TWICE_MS = 100;

/**
 * Ends the process at the first signal while nobody reads `signal` and nothing is put off, at the second one otherwise. That leaves
 * things whole: every file is written atomically and locks fall with the process.
 * @param warn tells people at once, whatever else is printed
 */
export function watchInterrupts(warn: (text: string) => void): Interrupts {
  // Made when it is asked for: what few commands need must not cost every start.
  let controller: AbortController | undefined;
  let isPutOff = false;
  let first: number | undefined;
  let atHangup: (() => void) | undefined;

  const onSignal = (name: keyof typeof exitCodes): void => {
    if (name === "SIGHUP" && atHangup !== undefined) atHangup();
    else if (isPutOff) insist(name);
    else if (controller === undefined || controller.signal.aborted) process.exit(exitCodes[name]);
    else controller.abort(interrupted());
  };
  const insist = (name: keyof typeof exitCodes): void => {
    const now = performance.now();
    if (first === undefined) {
      warn(PUT_OFF);
      controller?.abort(interrupted());
    }
    first ??= now;
    // A terminal that is closed says so more than once, and nobody is there to insist.
    if (name === "SIGHUP" || now - first < TWICE_MS) return;
    warn(CUT_OFF);
    process.exit(exitCodes[name]);
  };

  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => onSignal(name));
  return {
    get signal() {
      controller ??= new AbortController();
      if (first !== undefined) controller.abort(interrupted());
      return controller.signal;
    },
    putOff: () => {
      isPutOff = true;
    },
    onHangup: (reread) => {
      atHangup = reread;
    },
  };
}
