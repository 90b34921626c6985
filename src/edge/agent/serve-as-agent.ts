import { AGENT_KEY_FILE, agentUser } from "../../domain/agent.ts";
import type { ServeAgentOptions } from "../../ports.ts";
import { SearchThread } from "../identify/search-thread.ts";
import { enterFolder } from "./enter-folder.ts";
import { runAgent } from "./run-agent.ts";

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
  const search = await SearchThread.start(options.log);
  enterFolder(folder, agentUser);
  const agent = await runAgent({ ...options, search, signal, folder: ".", keyFile: AGENT_KEY_FILE }).catch((error) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (agent === undefined) return search.close();
  onHangup(agent.reread);
  const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  try {
    await Promise.race([stopped, agent.replaced]);
    options.log(signal.aborted ? "told to end" : "another process is this agent now");
  } finally {
    await agent.close();
    await search.close();
  }
}
