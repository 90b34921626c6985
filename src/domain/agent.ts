/** Who the agents run as: users of nobody else, and the group of HAProxy's workers, which may use their sockets. */
export const agentUser = { uid: 10002, gid: 10003 } as const;

/** HAProxy asks the first; the second while that one is away. */
export const agentNumbers = [1, 2] as const;

export type AgentNumber = (typeof agentNumbers)[number];

/** Beside the agents' sockets: the keys that they work with. */
export const AGENT_KEY_FILE = "keys.json";

/** Beside it: who is refused for the moment, whatever the keys say; written by the daemon. */
export const AGENT_REFUSALS_FILE = "refusals.json";

/** What an agent says of itself, in `agentN.json` beside its socket. */
export interface AgentReport {
  readonly pid: number;
  /** Of this product. */
  readonly version: string;
  /** Of the key file that it works with; absent before it read one. */
  readonly generation?: string;
  readonly keys: number;
  /** Generation of the refusals that it works with; absent before there were any. */
  readonly refusals?: string;
  /** Why the latest key file is not the one it works with. */
  readonly fault?: string;
}

/**
 * `answers` HAProxy's greeting, `silent` when it takes a connection and says nothing (stopped, or drowned in work), `gone` when nobody
 * listens.
 */
export type AgentCondition = "answers" | "silent" | "gone";
