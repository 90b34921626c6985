import { afterEach, expect, test } from "vitest";
import { readResPq, reqPqMulti } from "../../../../src/protocol/handshake-messages.ts";
import { MiddleLink, type MiddleLinkOptions } from "../../../support/mtproto-proxy/middle-link.ts";
import { answerBulk, bulkRequest } from "../../../support/telegram/answers.ts";
import { type MiddleProxy, type MiddleProxyOptions, startMiddleProxy } from "../../../support/telegram/middle-proxy.ts";
import { writeProxyRequest } from "../../../support/telegram/rpc-packets.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function middleProxy(options: MiddleProxyOptions = {}): Promise<MiddleProxy> {
  const middle = await startMiddleProxy(options);
  cleanUp.push(() => middle.close());
  return middle;
}

/** The proxy's end, as the stand-in has it. */
function link(middle: MiddleProxy, options: Partial<MiddleLinkOptions> = {}) {
  const answers: Buffer[] = [];
  const cuts: bigint[] = [];
  const link = new MiddleLink({
    target: { ip: middle.host, port: middle.port },
    secret: middle.proxySecret,
    translate: (ip) => ip,
    onAnswer: (_, message) => answers.push(message),
    onCut: (connectionId) => cuts.push(connectionId),
    ...options,
  });
  link.socket.on("error", () => {});
  cleanUp.push(() => link.socket.destroy());
  return { link, answers, cuts };
}

const request = (message: Uint8Array, tag?: string): Buffer =>
  writeProxyRequest({
    connectionId: 5n,
    client: "198.51.100.9",
    clientPort: 4000,
    proxy: "192.0.2.1",
    proxyPort: 443,
    message: Buffer.from(message),
    ...(tag === undefined ? {} : { tag }),
  });

test("shakes hands with who has its secret, answers with the nonce it was asked with and remembers who asked", async () => {
  const middle = await middleProxy();
  const { link: proxy, answers } = link(middle);
  await expect.poll(() => proxy.isReady).toBe(true);
  expect([middle.readyLinks, middle.failedLinks]).toEqual([1, 0]);
  const nonce = Buffer.alloc(16, 9);
  proxy.send(request(reqPqMulti(nonce, Date.now()), "ab".repeat(16)));
  await expect.poll(() => answers.length).toBe(1);
  expect(answers[0] && readResPq(answers[0])?.nonce).toEqual(nonce);
  expect(middle.requests).toMatchObject([{ client: "198.51.100.9", clientPort: 4000, tag: "ab".repeat(16) }]);
});

test.each<[string, MiddleProxyOptions, Partial<MiddleLinkOptions>]>([
  ["another secret", {}, { secret: Buffer.alloc(64, 1) }],
  ["no secret", {}, { secret: undefined }],
  ["a NAT that the proxy does not know of", { seesProxyAs: "203.0.113.7" }, {}],
  ["a NAT rule where there is no NAT", {}, { translate: () => "203.0.113.7" }],
])("is never ready for a proxy with %s", async (_, middleOptions, linkOptions) => {
  const middle = await middleProxy(middleOptions);
  const { link: proxy } = link(middle, linkOptions);
  await expect.poll(() => middle.failedLinks).toBe(1);
  expect([proxy.isReady, middle.readyLinks]).toEqual([false, 0]);
});

test("is ready behind a NAT for a proxy that translates its own address", async () => {
  const middle = await middleProxy({ host: "127.0.0.2", seesProxyAs: "203.0.113.7" });
  const { link: proxy } = link(middle, { translate: (ip) => (ip === "127.0.0.1" ? "203.0.113.7" : ip) });
  await expect.poll(() => proxy.isReady).toBe(true);
});

test("cuts off who asked, and no other", async () => {
  const middle = await middleProxy();
  const [first, second] = [link(middle), link(middle)];
  await expect.poll(() => middle.readyLinks).toBe(2);
  first.link.send(request(reqPqMulti(Buffer.alloc(16), Date.now())));
  await expect.poll(() => middle.requests.length).toBe(1);
  const [asked] = middle.requests;
  if (asked !== undefined) middle.cutOff(asked);
  await expect.poll(() => first.cuts).toEqual([5n]);
  expect(second.cuts).toEqual([]);
});

test("comes back on the same ports", async () => {
  const middle = await middleProxy({ targets: 3 });
  const { ports } = middle;
  expect(new Set(ports).size).toBe(3);
  await middle.close();
  await middle.reopen();
  expect(middle.ports).toEqual(ports);
  const { link: proxy } = link(middle);
  await expect.poll(() => proxy.isReady).toBe(true);
});

test("names every datacenter at every port in the file for proxies", async () => {
  const middle = await middleProxy({ targets: 2, announce: "192.0.2.8" });
  const lines = middle.proxyMultiConf().split("\n").filter(Boolean);
  expect(lines).toHaveLength(2 + 10 * 2);
  expect(lines).toContain("default 2;");
  expect(lines.filter((line) => line === `proxy_for -3 192.0.2.8:${middle.ports[1]};`)).toHaveLength(1);
});

test("answers a bulk request with as many bytes as it asks for, in whole words", () => {
  for (const [wanted, expected] of [
    [0, 56],
    [1000, 1000],
    [1001, 1004],
    [1 << 20, 1 << 20],
  ] as const) {
    expect(answerBulk(bulkRequest(wanted))).toHaveLength(expected);
  }
  expect(bulkRequest(10, 5000)).toHaveLength(5000);
  expect(answerBulk(Buffer.alloc(100))).toBeUndefined();
});
