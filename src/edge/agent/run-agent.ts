import type { AgentReport } from "../../domain/agent.ts";
import { Identifier } from "../identify/identifier.ts";
import { answerWith } from "./answer.ts";
import { Diary } from "./diary.ts";
import { type Following, followFile } from "./follow-file.ts";
import { parseAgentConfig } from "./key-file.ts";
import { agentReport, agentSocket } from "./places.ts";
import { type AgentServer, serveAgent } from "./serve.ts";

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
  /** Ends the wait for a first good key file. */
  readonly signal?: AbortSignal;
}

export interface RunningAgent {
  /** Settles when another process has this agent's place; rejects when its socket was taken away. */
  readonly replaced: Promise<void>;
  /** Reads the key file, changed or not. */
  reread(): void;
  /** Answers what it was asked, sends HAProxy to the other agent, and ends. */
  close(): Promise<void>;
}

/**
 * Answers HAProxy until it is closed, with the keys of the moment. A key file that cannot be read leaves those that it has. Before the
 * first good one there is no socket: without an agent HAProxy lets the shards ask for the key, without keys everybody is a stranger.
 * @throws what `signal` aborts with
 */
export async function runAgent(options: AgentOptions): Promise<RunningAgent> {
  const { number, folder, log } = options;
  const identifier = new Identifier();
  const diary = new Diary({ ...options, path: agentReport(folder, number) });
  const following = await followKeys(options, identifier, diary);
  const server = await serving(options, identifier).catch((error) => {
    following.close();
    throw error;
  });
  diary.again();
  log("ready");
  return {
    replaced: server.replaced,
    reread: following.reread,
    close: async () => {
      following.close();
      await Promise.all([server.close(), diary.end()]);
    },
  };
}

function serving({ number, folder, log }: AgentOptions, identifier: Identifier): Promise<AgentServer> {
  return serveAgent(agentSocket(folder, number), {
    answer: answerWith(identifier),
    onFault: (what) => log(`HAProxy: ${what}`),
  });
}

/** Waits until the keys are there for the first time. */
async function followKeys({ keyFile, signal }: AgentOptions, identifier: Identifier, diary: Diary): Promise<Following> {
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const following = await followFile(keyFile, {
    onText: (text) => {
      if (diary.note(() => takeKeys(identifier, text))) isReady();
    },
    onFault: (what) => diary.fail(`the key file cannot be read: ${what}`),
  });
  try {
    await Promise.race([ready, ...(signal === undefined ? [] : [aborted(signal)])]);
    return following;
  } catch (error) {
    following.close();
    throw error;
  }
}

/** Rejects when it is. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    if (signal.aborted) fail(signal.reason);
    else signal.addEventListener("abort", () => fail(signal.reason), { once: true });
  });
}

/** @throws AppError invalid, and the identifier has the keys it had */
function takeKeys(identifier: Identifier, text: string): Pick<AgentReport, "generation" | "keys"> {
  const { generation, keys, helloBytes } = parseAgentConfig(text);
  identifier.limitHellos(helloBytes);
  identifier.replace(keys);
  return { generation, keys: keys.length };
}
