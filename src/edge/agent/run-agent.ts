import { dirname, join } from "node:path";
import { AGENT_REFUSALS_FILE, type AgentReport } from "../../domain/agent.ts";
import { Identifier } from "../identify/identifier.ts";
import type { Search } from "../identify/key-search.ts";
import { answerWith } from "./answer.ts";
import { Diary } from "./diary.ts";
import { type Following, followFile } from "./follow-file.ts";
import { type AgentConfig, parseAgentConfig } from "./key-file.ts";
import { agentReport, agentSocket } from "./places.ts";
import { noRefusals, parseRefusals, type Refusals, withRefusals } from "./refusals.ts";
import { type AgentServer, serveAgent } from "./serve.ts";

export interface AgentOptions {
  /** 1 or 2: HAProxy asks the second while the first is away. */
  readonly number: number;
  /** Where HAProxy finds the socket, and `status` the report. */
  readonly folder: string;
  /** The rendered keys; who is refused for the moment stands beside them. */
  readonly keyFile: string;
  /** Of this product. */
  readonly version: string;
  /** One line of a log; without keys. */
  readonly log: (line: string) => void;
  /** Looks through all keys; in the thread that answers when absent. */
  readonly search?: Search;
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
  const { number, folder, log, search } = options;
  const identifier = new Identifier(search === undefined ? {} : { search });
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

/** Waits until the keys are there for the first time. Who is refused is known before: nobody may slip in between. */
async function followKeys({ keyFile, signal }: AgentOptions, identifier: Identifier, diary: Diary): Promise<Following> {
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const book = new RefusedKeys(identifier);
  const refusals = await followFile(join(dirname(keyFile), AGENT_REFUSALS_FILE), {
    onText: (text) => void diary.note(() => book.refuse(parseRefusals(text))),
    // Mostly there is none, because nobody ever was.
    onFault: () => {},
  });
  const keys = await followFile(keyFile, {
    onText: (text) => {
      if (diary.note(() => book.take(parseAgentConfig(text)))) isReady();
    },
    onFault: (what) => diary.fail(`the key file cannot be read: ${what}`),
  });
  const both = [refusals, keys];
  const close = (): void => {
    for (const following of both) following.close();
  };
  try {
    await Promise.race([ready, ...(signal === undefined ? [] : [aborted(signal)])]);
    return { reread: () => both.forEach((following) => void following.reread()), close };
  } catch (error) {
    close();
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

type Taken = Pick<AgentReport, "generation" | "keys" | "refusals">;

/** Gives the identifier its keys, those refused for the moment marked. */
class RefusedKeys {
  readonly #identifier: Identifier;
  #config: AgentConfig | undefined;
  #refusals: Refusals = noRefusals;

  constructor(identifier: Identifier) {
    this.#identifier = identifier;
  }

  take(config: AgentConfig): Taken {
    this.#config = config;
    this.#identifier.limitHellos(config.helloBytes);
    return this.#replace();
  }

  refuse(refusals: Refusals): Taken {
    this.#refusals = refusals;
    return this.#replace();
  }

  #replace(): Taken {
    const { generation: refusals } = this.#refusals;
    const known = refusals === "" ? {} : { refusals };
    if (this.#config === undefined) return { keys: 0, ...known };
    const { generation, keys } = this.#config;
    this.#identifier.replace(withRefusals(keys, this.#refusals));
    return { generation, keys: keys.length, ...known };
  }
}
