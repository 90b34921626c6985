import { request } from "undici";
import { AppError } from "../domain/errors.ts";
import { nameOf, withAgent } from "./download.ts";
import { downloadFault } from "./download-faults.ts";

/**
 * What time it is for whoever answers at a URL: the Date field that every HTTP answer carries (RFC 9110, 6.6.1), in whole seconds.
 * @throws AppError environment when there is no answer, or none with a date
 */
export async function remoteTime(url: string, timeoutMs: number): Promise<Date> {
  try {
    return await withAgent({ timeoutMs, maxBytes: 0 }, async (dispatcher) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const { headers, body } = await request(url, { dispatcher, signal, method: "HEAD", headers: HEADERS });
      await body.dump();
      return parseDate(headers.date);
    });
  } catch (error) {
    throw new AppError("environment", `${nameOf(url)}: ${downloadFault(error, timeoutMs)}`, { cause: error });
  }
}

const HEADERS = { "user-agent": "familytraffic-mtproxy", "cache-control": "no-cache" } as const;

function parseDate(field: string | string[] | undefined): Date {
  const date = new Date(String(field));
  if (Number.isNaN(date.getTime())) throw new Error("it does not say what time it is");
  return date;
}
