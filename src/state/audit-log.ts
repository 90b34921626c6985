import type { Begun, Change, Ended } from "../domain/audit/entry.ts";
import type { Clock, Files, HomePaths, Random } from "../ports.ts";
import type { JsonObject } from "./fields.ts";

export interface AuditParts {
  readonly paths: HomePaths;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
}

/** Of the shape of a line. */
export const AUDIT_VERSION = 1;

/** Where logrotate looks after it, it never gets there: some thousands of commands a file, fifty megabytes in all. */
const BOUNDS = { bytes: 4_000_000, kept: 12 } as const;

type Stamped = "id" | "at" | "entry";

/** `logs/mtproxy/audit.log`, 0600: one JSON object a line, appended and never rewritten. Its entries: src/domain/audit/entry.ts. */
export class AuditLog {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** There is a home to write down changes of; one that was never set up is left as it is. */
  async isWanted(): Promise<boolean> {
    return (await this.#parts.files.stat(this.#parts.paths.settings)) !== undefined;
  }

  /** It goes with a home that is removed. */
  async isThere(): Promise<boolean> {
    return (await this.#parts.files.stat(this.#parts.paths.auditLog)) !== undefined;
  }

  /** @returns the id that the end has to name. @throws AppError environment where it cannot be written */
  async begin({ dryRun, ...begun }: Omit<Begun, Stamped>, at = this.#parts.clock.now()): Promise<string> {
    const id = this.#parts.random.uuid();
    await this.#write("begin", id, { ...begun, dry_run: dryRun }, at);
    return id;
  }

  end(id: string, { exitCode, ...ended }: Omit<Ended, Stamped>): Promise<void> {
    return this.#write("end", id, { exit_code: exitCode, ...ended });
  }

  change(change: Omit<Change, Stamped>): Promise<void> {
    return this.#write("change", this.#parts.random.uuid(), { ...change });
  }

  #write(entry: string, id: string, fields: JsonObject, at = this.#parts.clock.now()): Promise<void> {
    const line = JSON.stringify({ version: AUDIT_VERSION, at: at.toISOString(), entry, id, ...fields });
    return this.#parts.files.append(this.#parts.paths.auditLog, line, BOUNDS);
  }
}
