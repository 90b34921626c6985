import { openSync, writeSync } from "node:fs";

const STDOUT = 1;
const STDERR = 2;

/**
 * The proxy's output. Everything but the usage goes to stderr in one of two forms (kprintf.c): most lines by `say`, those of
 * signal handlers by `saySignal`. Lines have no newline of their own where the original forgot it.
 */
export class Log {
  #target = STDERR;

  say(text: string, end = "\n"): void {
    this.raw(`[${process.pid}][${localTime(new Date())} local] ${text}${end}`);
  }

  saySignal(text: string): void {
    this.raw(`[pid ${process.pid}] [time ${Math.floor(Date.now() / 1000)}] ${text}\n`);
  }

  raw(text: string): void {
    writeSync(this.#target, text);
  }

  /** What a file that cannot be opened is to the original: nothing at all. */
  redirect(file: string | undefined): void {
    this.#target = openSync("/dev/null", "w");
    if (file === undefined) return;
    try {
      this.#target = openSync(file, "a", 0o640);
    } catch {
      // The output is lost, as the original's is.
    }
  }
}

export function printOut(text: string): void {
  writeSync(STDOUT, text);
}

/** `YYYY-MM-DD hh:mm:ss.uuuuuu` in local time. */
function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${day} ${time}.${String(date.getMilliseconds() * 1000).padStart(6, "0")}`;
}
