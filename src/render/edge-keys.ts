import { createHash } from "node:crypto";
import { AGENT_KEY_FILE } from "../domain/agent.ts";
import type { EdgeEntry } from "../domain/edge-entries.ts";
import { helloLimits } from "../protocol/hello-identity.ts";

/** The agents' key file, as edge/agent/key-file.ts reads it. */
export interface RenderedEdgeKeys {
  /** Under the agents' folder. */
  readonly leaf: string;
  readonly content: string;
  /** Tells states apart: an agent reports the one that it works with. */
  readonly generation: string;
}

/** @param longHello the shards' binary takes the ClientHello of current apps */
export function renderEdgeKeys(entries: readonly EdgeEntry[], longHello: boolean): RenderedEdgeKeys {
  const rest = {
    helloBytes: longHello ? helloLimits.since2025 : helloLimits.before2025,
    keys: entries.map(fileEntry),
  };
  const generation = createHash("sha256").update(JSON.stringify(rest)).digest("hex").slice(0, 16);
  return { leaf: AGENT_KEY_FILE, content: `${JSON.stringify({ generation, ...rest })}\n`, generation };
}

function fileEntry({ key, holder, server, shardId, family, coverDomains, refusal, limits }: EdgeEntry) {
  return {
    key: key.reveal(),
    holder,
    server,
    shardId,
    family,
    coverDomains,
    ...(refusal === undefined ? {} : { refusal }),
    ...limits,
  };
}
