import { AGENT_KEY_FILE, agentUser } from "../../domain/agent.ts";
import type { ServeAgentOptions } from "../../ports.ts";
import { EagerSearch } from "../identify/eager-search.ts";
import { KeySearch } from "../identify/key-search.ts";
import { realClock, type ScanLimits, ScanQueue } from "../identify/scan-queue.ts";
import { SearchThread } from "../identify/search-thread.ts";
import { enterFolder } from "./enter-folder.ts";
import { runAgent } from "./run-agent.ts";

/**
 * A family that comes to a new address is looked for as eagerly as everything else is done, on a busy machine too; of a crowd that goes on,
 * what takes a hundredth of a core. With the thread's patience, which comes after it, it is less than HAProxy's.
 */
const AT_ONCE: ScanLimits = { all: 10, address: 5, saved: 5, patience: 150 };

interface Options extends ServeAgentOptions {
  readonly number: number;
  readonly folder: string;
  readonly version: string;
}

/**
 * Makes this process an agent until `signal` aborts or another process takes its place. Everything that it needs is loaded by now: the
 * program's own files may be closed to the user that it becomes.
 */
export async function serveAsAgent({ folder, signal, onHangup, ...options }: Options): Promise<void> {
  const thread = await SearchThread.start(options.log);
  const search = new EagerSearch(new KeySearch(new ScanQueue(realClock, AT_ONCE)), thread);
  enterFolder(folder, agentUser);
  const agent = await runAgent({ ...options, search, signal, folder: ".", keyFile: AGENT_KEY_FILE }).catch((error) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (agent === undefined) return thread.close();
  onHangup(agent.reread);
  const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  try {
    await Promise.race([stopped, agent.replaced]);
    options.log(signal.aborted ? "told to end" : "another process is this agent now");
  } finally {
    await agent.close();
    await thread.close();
  }
}
