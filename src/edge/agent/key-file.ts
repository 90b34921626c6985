import * as v from "valibot";
import { AppError } from "../../domain/errors.ts";
import { Key } from "../../domain/key.ts";
import type { EdgeKey } from "../identify/edge-key.ts";

/** What an agent works with; see render/edge-keys.ts for who writes it. */
export interface AgentConfig {
  /** Tells states apart: whoever wrote the file can see which one an agent has. */
  readonly generation: string;
  /** Bytes of a ClientHello that the shards' binary takes. */
  readonly helloBytes: { readonly minBytes: number; readonly maxBytes: number };
  readonly keys: readonly EdgeKey[];
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const schema = v.object({
  generation: v.string(),
  helloBytes: v.object({ minBytes: count, maxBytes: count }),
  keys: v.array(
    v.object({
      key: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
      holder: v.string(),
      server: v.string(),
      shardId: count,
      family: v.picklist(["obfuscated", "fake-tls"]),
      coverDomains: v.array(v.string()),
      refusal: v.exactOptional(v.picklist(["revoked", "disabled", "expired", "over-quota"])),
      maxConnections: v.exactOptional(count),
      maxAddresses: v.exactOptional(count),
      rate: v.exactOptional(count),
    }),
  ),
});

/** @throws AppError invalid that names the field and repeats no value: it may be a key */
export function parseAgentConfig(text: string): AgentConfig {
  const result = v.safeParse(schema, parseJson(text));
  if (!result.success) {
    const [issue] = result.issues;
    throw unreadable(`${v.getDotPath(issue) ?? "it"}: ${issue.expected ?? "a valid value"} is expected`);
  }
  const { keys, ...rest } = result.output;
  return { ...rest, keys: keys.map(({ key, ...more }) => ({ ...more, key: Key.parse(key) })) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable("it is not JSON");
  }
}

function unreadable(why: string): AppError {
  return new AppError("invalid", `the agent's key file cannot be read: ${why}`, {
    hint: "mtproxy apply writes it anew",
  });
}
