import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Identifier } from "../identify/identifier.ts";
import { answerWith } from "./answer.ts";
import { followFile } from "./follow-file.ts";
import { parseAgentConfig } from "./key-file.ts";
import { serveAgent } from "./serve.ts";

export interface AgentOptions {
  /** 1 or 2: HAProxy asks the second while the first is away. */
  readonly number: number;
  /** Where HAProxy finds the socket, and `status` the report. */
  readonly folder: string;
  /** The rendered keys. */
  readonly keyFile: string;
  /** Of this product. */
  readonly version: string;
  /** One line of a log; without keys. */
  readonly log: (line: string) => void;
}

/** What an agent says of itself, in `agentN.json` beside its socket. */
export interface AgentReport {
  readonly pid: number;
  readonly version: string;
  /** Of the key file that it works with; absent before it read one. */
  readonly generation?: string;
  readonly keys: number;
  /** Why the latest key file is not the one it works with. */
  readonly fault?: string;
}

export interface RunningAgent {
  close(): Promise<void>;
}

export function agentSocket(folder: string, number: number): string {
  return join(folder, `agent${number}.sock`);
}

export function agentReport(folder: string, number: number): string {
  return join(folder, `agent${number}.json`);
}

/**
 * Answers HAProxy until it is closed, with the keys of the moment. A key file that cannot be read leaves those that it has. Before the
 * first good one there is no socket: without an agent HAProxy lets the shards ask for the key, without keys everybody is a stranger.
 */
export async function runAgent(options: AgentOptions): Promise<RunningAgent> {
  const { number, folder, keyFile, log } = options;
  const identifier = new Identifier();
  const diary = new Diary(options);
  const follower = await new Promise<{ close(): void }>((ready, fail) => {
    const following = followFile(keyFile, {
      onText: (text) => {
        if (diary.note(() => takeKeys(identifier, text))) ready(following);
      },
      onFault: (what) => diary.fail(`the key file cannot be read: ${what}`),
    });
    following.catch(fail);
  });
  const server = await serveAgent(agentSocket(folder, number), {
    answer: answerWith(identifier),
    onFault: (what) => log(`HAProxy: ${what}`),
  });
  log("ready");
  return {
    close: async () => {
      follower.close();
      await server.close();
      await diary.written();
    },
  };
}

/** @throws AppError invalid, and the identifier has the keys it had */
function takeKeys(identifier: Identifier, text: string): Pick<AgentReport, "generation" | "keys"> {
  const { generation, keys, helloBytes } = parseAgentConfig(text);
  identifier.limitHellos(helloBytes);
  identifier.replace(keys);
  return { generation, keys: keys.length };
}

/** Keeps the agent's report up to date, on disk and in the log. */
class Diary {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #report: AgentReport;
  #writing: Promise<void> = Promise.resolve();

  constructor({ folder, number, version, log }: AgentOptions) {
    this.#path = agentReport(folder, number);
    this.#log = log;
    this.#report = { pid: process.pid, version, keys: 0 };
  }

  /** What `take` gives, or why it could not be. True when it could. */
  note(take: () => Pick<AgentReport, "generation" | "keys">): boolean {
    try {
      const taken = take();
      const { fault: _, ...rest } = this.#report;
      this.#log(`${taken.keys} keys, state ${taken.generation}`);
      this.#write({ ...rest, ...taken });
      return true;
    } catch (error) {
      this.fail(messageOf(error));
      return false;
    }
  }

  fail(fault: string): void {
    this.#log(fault);
    this.#write({ ...this.#report, fault });
  }

  written(): Promise<void> {
    return this.#writing;
  }

  #write(report: AgentReport): void {
    this.#report = report;
    this.#writing = this.#writing
      .then(() => writeReport(this.#path, report))
      .catch((error) => this.#log(`the report cannot be written: ${messageOf(error)}`));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whoever reads it finds a whole one. */
async function writeReport(path: string, report: AgentReport): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(report)}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}
