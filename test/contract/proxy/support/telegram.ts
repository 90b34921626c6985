import { afterAll } from "vitest";
import { type MiddleProxy, type MiddleProxyOptions, startMiddleProxy } from "../../../support/telegram/middle-proxy.ts";

const running: MiddleProxy[] = [];
afterAll(() => Promise.all(running.map((middle) => middle.close())));

/** Telegram's side for the tests of one file. */
export async function telegram(options: MiddleProxyOptions = {}): Promise<MiddleProxy> {
  const middle = await startMiddleProxy(options);
  running.push(middle);
  return middle;
}
