import { spoeQuestion, spoeVariables } from "../../domain/spoe.ts";
import type { EdgeKey } from "../identify/edge-key.ts";
import type { Identifier } from "../identify/identifier.ts";
import type { Verdict } from "../identify/verdict.ts";
import type { Answer } from "../spop/agent-session.ts";
import type { Action, Message } from "../spop/messages.ts";
import type { TypedData } from "../spop/typed-data.ts";

/** Answers HAProxy's question with what the identifier finds. A message that it does not know, or cannot be, gets no variables. */
export function answerWith(identifier: Identifier): Answer {
  return (messages) => {
    const asked = messages.find(({ name }) => name === spoeQuestion.message);
    const connection = asked === undefined ? undefined : connectionOf(asked);
    if (connection === undefined) return [];
    const verdict = identifier.identify(connection.address, connection.received);
    return verdict instanceof Promise ? verdict.then(actionsOf) : actionsOf(verdict);
  };
}

function connectionOf({ args }: Message): { address: string; received: Uint8Array } | undefined {
  const source = args.get(spoeQuestion.source);
  const data = args.get(spoeQuestion.data);
  if (data?.type !== "binary") return undefined;
  if (source?.type !== "ipv4" && source?.type !== "ipv6") return undefined;
  return { address: networkOf(source.value), received: data.value };
}

const MAPPED_IPV4 = Buffer.from("00000000000000000000ffff", "hex");
/** A household gets a /64 and its devices change within it. */
const NETWORK_BYTES = 8;

/** The same for all addresses of one household. */
function networkOf(address: Uint8Array): string {
  const bytes = Buffer.from(address.buffer, address.byteOffset, address.byteLength);
  if (bytes.length === 4) return bytes.toString("latin1");
  if (bytes.subarray(0, 12).equals(MAPPED_IPV4)) return bytes.toString("latin1", 12);
  return bytes.toString("latin1", 0, NETWORK_BYTES);
}

function actionsOf(verdict: Verdict): readonly Action[] {
  if (verdict.why === "ok") return letIn(verdict.known);
  return [text(spoeVariables.why, verdict.why), ...optional(spoeVariables.user, verdict.holder)];
}

/** The same for a key as long as it is the same: it is answered thousands of times. */
const answers = new WeakMap<EdgeKey, readonly Action[]>();

function letIn(key: EdgeKey): readonly Action[] {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const actions = actionsFor(key);
  answers.set(key, actions);
  return actions;
}

function actionsFor({ holder, server, shardId, maxConnections, maxAddresses, rate }: EdgeKey): readonly Action[] {
  return [
    text(spoeVariables.why, "ok"),
    text(spoeVariables.user, holder),
    text(spoeVariables.server, server),
    number(spoeVariables.shard, shardId),
    ...(maxConnections === undefined ? [] : [number(spoeVariables.maxConnections, maxConnections)]),
    ...(maxAddresses === undefined ? [] : [number(spoeVariables.maxAddresses, maxAddresses)]),
    ...(rate === undefined ? [] : [number(spoeVariables.rate, rate)]),
  ];
}

function optional(name: string, value: string | undefined): Action[] {
  return value === undefined ? [] : [text(name, value)];
}

function text(name: string, value: string): Action {
  return set(name, { type: "string", value });
}

function number(name: string, value: number): Action {
  return set(name, { type: "int64", value: BigInt(value) });
}

function set(name: string, value: TypedData): Action {
  return { do: "set-var", scope: "session", name, value };
}
