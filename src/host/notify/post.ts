import { request } from "undici";
import { withAgent } from "../download.ts";
import { downloadFault } from "../download-faults.ts";

const TIMEOUT_MS = 15_000;
/** What the other side says of it is a line or two. */
const MOST_ANSWER = 4000;

export interface Answer {
  readonly status: number;
  /** Its beginning. */
  readonly text: string;
}

/** Posts JSON, by the usual proxy variables, and follows no redirect. Throws why there was no answer. */
export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const own = { "content-type": "application/json", "user-agent": "familytraffic-mtproxy" };
  const all = { ...own, ...authorization(new URL(url)), ...headers };
  try {
    return await withAgent({ timeoutMs: TIMEOUT_MS, maxBytes: MOST_ANSWER }, async (dispatcher) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await request(url, { dispatcher, signal, method: "POST", headers: all, body });
      return { status: response.statusCode, text: await beginningOf(response.body) };
    });
  } catch (error) {
    throw new Error(`${new URL(url).host}: ${downloadFault(error, TIMEOUT_MS)}`);
  }
}

/** The client leaves out a name and a password that an address has (RFC 7617). */
function authorization({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const both = [username, password].map(decodeURIComponent).join(":");
  return { authorization: `Basic ${Buffer.from(both).toString("base64")}` };
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString("utf8");
    if (text.length >= MOST_ANSWER) break;
  }
  return text.slice(0, MOST_ANSWER);
}
