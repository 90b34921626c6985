import { rename, writeFile } from "node:fs/promises";
import type { AgentReport } from "../../domain/agent.ts";
import { wordsOf } from "../../domain/errors.ts";

type KeysTaken = Pick<AgentReport, "generation" | "keys" | "refusals">;

interface DiaryOptions {
  /** Of the report. */
  readonly path: string;
  /** Of this product. */
  readonly version: string;
  readonly log: (line: string) => void;
}

/** Keeps an agent's report up to date, on disk and in the log. */
export class Diary {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #report: AgentReport;
  #isOver = false;
  #writing: Promise<void> = Promise.resolve();

  constructor({ path, version, log }: DiaryOptions) {
    this.#path = path;
    this.#log = log;
    this.#report = { pid: process.pid, version, keys: 0 };
  }

  /** What `take` gives, or why it could not be. True when it could. */
  note(take: () => KeysTaken): boolean {
    try {
      const taken = take();
      const { fault: _, ...rest } = this.#report;
      this.#log(`${taken.keys} keys, state ${taken.generation}`);
      this.#write({ ...rest, ...taken });
      return true;
    } catch (error) {
      this.fail(wordsOf(error));
      return false;
    }
  }

  fail(fault: string): void {
    this.#log(fault);
    this.#write({ ...this.#report, fault });
  }

  /** The place is ours now: whoever had it may have written in the meantime. */
  again(): void {
    this.#write(this.#report);
  }

  /** The report is somebody else's from here on. */
  end(): Promise<void> {
    this.#isOver = true;
    return this.#writing;
  }

  #write(report: AgentReport): void {
    this.#report = report;
    this.#writing = this.#writing
      .then(() => (this.#isOver ? undefined : writeReport(this.#path, report)))
      .catch((error) => this.#log(`the report cannot be written: ${wordsOf(error)}`));
  }
}

/** Whoever reads it finds a whole one. */
async function writeReport(path: string, report: AgentReport): Promise<void> {
  const first = `${path}.${process.pid}`;
  await writeFile(first, `${JSON.stringify(report)}\n`, { mode: 0o644 });
  await rename(first, path);
}
