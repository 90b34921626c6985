import type { Context } from "../../context.ts";
import type { Operator } from "../../domain/audit/entry.ts";
import { peopleIn } from "../../domain/audit/people-in.ts";
import { keptWord, keptWords } from "../../domain/audit/typed-words.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { AuditLog } from "../../state/audit-log.ts";
import type { Outcome } from "../outcome.ts";

/** A command that changes something, as it was declared and typed. */
export interface AuditedCommand {
  /** Below the program: `config set`. */
  readonly words: string;
  /** The whole line, the program's name first. */
  readonly typed: readonly string[];
  readonly dryRun: boolean;
  /** A timer runs it too: without anybody at a terminal it is the timer's doing. */
  readonly isScheduled: boolean;
  /** And so often that only a run which changes something is worth an entry. */
  readonly isOften: boolean;
}

/** Writes down that a command begins and how it ended. A log that cannot be written stops nobody: people are told. */
export class CommandAudit {
  readonly #ctx: Context;
  readonly #command: AuditedCommand;
  readonly #log: AuditLog;
  readonly #start: Date;
  #begun: Promise<string | undefined> | undefined;

  constructor(ctx: Context, command: AuditedCommand) {
    this.#ctx = ctx;
    this.#command = command;
    this.#log = new AuditLog(ctx);
    this.#start = ctx.clock.now();
  }

  /** Does the work between the two entries. Throws what it throws. */
  async around<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (!this.#command.isOften) await this.begin();
    try {
      const outcome = await work();
      await this.#end(outcome.failure, outcome.data);
      return outcome;
    } catch (error) {
      await this.#end(error, error instanceof AppError ? error.data : undefined);
      throw error;
    }
  }

  /** Once, however often it is called: something is about to be changed. */
  async begin(): Promise<void> {
    this.#begun ??= this.#told(() => this.#begin());
    await this.#begun;
  }

  async #begin(): Promise<string | undefined> {
    if (!(await this.#log.isWanted())) return undefined;
    const { words: command, typed, dryRun } = this.#command;
    const { sshPort: _, ...operator } = await this.#ctx.host.operator();
    const { version: program } = this.#ctx.agents;
    const line = { actor: this.#actor(operator), ...operator, command, typed: keptWords(typed), dryRun };
    return this.#log.begin({ ...line, pid: process.pid, program }, this.#start);
  }

  #actor({ terminal, from }: Operator): "timer" | "person" {
    return this.#command.isScheduled && terminal === null && from === null ? "timer" : "person";
  }

  /** Where a home was only made by this command, both entries come now; where it was removed, none. */
  async #end(failure: unknown, data: unknown): Promise<void> {
    if (this.#begun === undefined) return;
    const id = (await this.#begun) ?? (await this.#told(() => this.#begin()));
    if (id === undefined) return;
    const milliseconds = this.#ctx.clock.now().getTime() - this.#start.getTime();
    const ended = { exitCode: exitCodeOf(failure), milliseconds, about: peopleIn(data), error: errorOf(failure) };
    await this.#told(async () => {
      if ((await this.#log.isThere()) || (await this.#log.isWanted())) await this.#log.end(id, ended);
    });
  }

  #isTold = false;

  async #told<T>(write: () => Promise<T>): Promise<T | undefined> {
    if (this.#isTold) return undefined;
    try {
      return await write();
    } catch (error) {
      this.#isTold = true;
      this.#ctx.progress.warn(`this is not written down in the audit log: ${wordsOf(error)}`);
      return undefined;
    }
  }
}

function exitCodeOf(failure: unknown): number {
  if (failure === undefined) return 0;
  return failure instanceof AppError ? failure.exitCode : 1;
}

function errorOf(failure: unknown): string | null {
  return failure === undefined ? null : keptWord(wordsOf(failure));
}
