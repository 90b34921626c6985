/** Sentences for what people can do something about; everything else keeps the words of the error. */
const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "DNS knows no such name",
  ENODATA: "DNS knows no address for the name",
  EAI_AGAIN: "DNS does not answer",
  ETIMEOUT: "DNS does not answer",
  ESERVFAIL: "DNS fails for the name",
  EREFUSED: "the DNS server refuses to answer",
  ENETUNREACH: "this host has no route there",
  EHOSTUNREACH: "this host has no route there",
  ECONNRESET: "the connection broke off",
  EPIPE: "the connection broke off",
  UND_ERR_SOCKET: "the connection broke off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer is shorter or longer than it says",
};

const TIMEOUTS = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** Certificate trouble by OpenSSL's names and Node's own. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH$)/;

interface NetworkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly address?: string;
  readonly port?: number;
}

/** Why a download ended, in a few words that follow the name of what was to be downloaded. */
export function downloadFault(error: unknown, timeoutMs: number): string {
  const { name, code = "", message = "", address, port } = error as NetworkError;
  if (name === "TimeoutError" || TIMEOUTS.has(code)) return `no complete answer within ${timeoutMs / 1000} s`;
  if (code === "ECONNREFUSED")
    return `${address ?? "the host"}${port === undefined ? "" : ` port ${port}`} refuses connections`;
  if (TLS.test(code)) return `TLS failed: ${message} (is the clock right, is the connection tampered with?)`;
  return WORDS[code] ?? message;
}
