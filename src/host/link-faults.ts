import type { LinkFault } from "../ports.ts";
import type { HelloSize } from "../protocol/client-hello.ts";
import { type Address, NotConnected } from "./probe-socket.ts";
import type { HandshakeEnd } from "./telegram-client.ts";

/** What is wrong with a link, and a sentence about it that holds no key. */
export interface Finding {
  readonly fault: LinkFault;
  readonly reason: string;
}

export type End = HandshakeEnd | NotConnected;

/** Undefined for a handshake that went well. */
export function explain(end: End, address: Address): Finding | undefined {
  if (end instanceof NotConnected) return explainConnection(end.code, address);
  if (end.end === "answered") return undefined;
  if (end.end === "key-refused") return { fault: "key-not-live", reason: keySentences[end.how] };
  if (end.end === "no-upstream") return { fault: "upstream-not-ready", reason: upstreamSentence(end) };
  return { fault: "protocol", reason: "the key is live, but what came back is not Telegram's protocol" };
}

/** As `explain`, with what the hello of the other size showed: a key that is live for one size is live. */
export function explainHello(
  end: End,
  size: HelloSize,
  otherProvesKey: boolean,
  address: Address,
): Finding | undefined {
  if (!otherProvesKey || provesKey(end) || end instanceof NotConnected) return explain(end, address);
  return size === "long"
    ? {
        fault: "long-hello-refused",
        reason: "the proxy refuses the long hello of current Telegram apps: its binary is older than November 2025",
      }
    : {
        fault: "protocol",
        reason: "the proxy takes the long hello of current apps, but not the short one of older apps",
      };
}

/** Whether the server showed that it has the key. */
export function provesKey(end: End): boolean {
  return !(end instanceof NotConnected) && end.end !== "key-refused";
}

const keySentences = {
  closed:
    "the server closed the connection in the handshake: the key is not live on this port, or the port serves another mode",
  silent:
    "the server took the connection and never answered: the key is not live on this port, or the proxy is at its limit of connections",
  foreign: "something else than the proxy answered, usually the cover site: the key is not live on this port",
} as const;

function upstreamSentence(end: HandshakeEnd & { end: "no-upstream" }): string {
  if (end.how === "error") return `the key is live, but Telegram's side answered with error ${end.code}`;
  const how = end.how === "closed" ? "closed the connection" : "brought no answer";
  return `the key is live, but the proxy ${how} instead of reaching Telegram: its upstream is not ready`;
}

const UNRESOLVED = ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"];
const UNREACHABLE = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EACCES", "EPERM", "EADDRNOTAVAIL"];

function explainConnection(code: string, { host, port }: Address): Finding {
  if (UNRESOLVED.includes(code)) return { fault: "unresolved", reason: `the name ${host} has no address (${code})` };
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  if (code === "ETIMEDOUT") {
    return { fault: "timeout", reason: `${where} does not answer: wrong address, or a firewall drops the packets` };
  }
  if (UNREACHABLE.includes(code)) return { fault: "port-closed", reason: `nothing listens at ${where} (${code})` };
  return { fault: "protocol", reason: `no connection to ${where} (${code})` };
}
