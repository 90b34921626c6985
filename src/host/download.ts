import { EnvHttpProxyAgent, request } from "undici";
import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";
import { socketLookup } from "./dns.ts";
import { downloadFault } from "./download-faults.ts";

interface DownloadOptions {
  readonly maxBytes: number;
  /** From the first look-up to the last byte. */
  readonly timeoutMs: number;
}

type Response = Awaited<ReturnType<typeof request>>;

const MAX_REDIRECTS = 5;
const LOOKUP_MS = 5000;

/**
 * Body of a URL. Goes through http_proxy and https_proxy unless no_proxy says otherwise, follows redirects (never from https
 * down to http), and ends in time whatever the other side does.
 * @throws AppError environment that names the URL without its query and says why
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  try {
    return await withAgent(options, async (dispatcher) => {
      const response = await follow(parseUrl(url), { dispatcher, signal: AbortSignal.timeout(options.timeoutMs) });
      return readBody(response, options.maxBytes);
    });
  } catch (error) {
    throw new AppError("environment", `${nameOf(url)}: ${downloadFault(error, options.timeoutMs)}`, { cause: error });
  }
}

/** No connection outlives the work. */
export async function withAgent<T>(
  { timeoutMs }: DownloadOptions,
  work: (agent: EnvHttpProxyAgent) => Promise<T>,
): Promise<T> {
  const lookup = socketLookup({ timeoutMs: Math.min(LOOKUP_MS, timeoutMs) });
  // The time for the whole is watched by the caller: no step has a shorter one of its own.
  const connect = { lookup, timeout: 2 * timeoutMs };
  // Many proxies tunnel to port 443 only, so plain http is handed to them as a request.
  const agent = new EnvHttpProxyAgent({ connect, proxyTls: connect, proxyTunnel: false });
  try {
    return await work(agent);
  } finally {
    await agent.destroy();
  }
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url)) throw new Error("this is no URL");
  const parsed = new URL(url);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    throw new Error("only http and https are downloaded");
  return parsed;
}

async function follow(start: URL, options: Parameters<typeof request>[1]): Promise<Response> {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await request(url, { ...options, headers: { "user-agent": "familytraffic-mtproxy" } });
    const target = redirectOf(response, url);
    if (target === undefined) return response;
    await response.body.dump();
    url = target;
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

function redirectOf({ statusCode, headers }: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const target = parseUrl(new URL(String(headers.location ?? ""), from).href);
  if (from.protocol === "https:" && target.protocol === "http:") throw new Error("it redirects from https to http");
  return target;
}

async function readBody({ statusCode, body, headers }: Response, maxBytes: number): Promise<Uint8Array> {
  if (statusCode !== 200) throw new Error(`HTTP status ${statusCode}`);
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Error {
  return new Error(`it is larger than ${maxBytes} bytes`);
}

/** Host and path: the query or a password in a URL is nobody's business in a log. */
export function nameOf(url: string): string {
  if (!URL.canParse(url)) return shown(url, 60);
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
