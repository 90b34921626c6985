import type { Agents } from "../ports.ts";

interface AgentsOptions {
  /** Where their sockets are. */
  readonly folder: string;
  /** Of this product. */
  readonly version: string;
}

/** The agents of a home. What serves is loaded by who serves. */
export function createAgents({ folder, version }: AgentsOptions): Agents {
  return {
    version,
    serve: async (number, options) => {
      const { serveAsAgent } = await import("./agent/serve-as-agent.ts");
      await serveAsAgent({ folder, number, version, ...options });
    },
    greet: async (number, timeoutMs) => {
      const [{ greetAgent }, { agentSocket }] = await Promise.all([
        import("./agent/greet.ts"),
        import("./agent/places.ts"),
      ]);
      return greetAgent(agentSocket(folder, number), timeoutMs);
    },
  };
}
