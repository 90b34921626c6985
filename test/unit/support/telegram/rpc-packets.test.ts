import fc from "fast-check";
import { expect, test } from "vitest";
import { ipNumber, ipText } from "../../../support/telegram/rpc-keys.ts";
import {
  readCutClient,
  readHandshake,
  readNonce,
  readProxyAnswer,
  readProxyRequest,
  writeCutClient,
  writeHandshake,
  writeNonce,
  writeProxyAnswer,
  writeProxyRequest,
} from "../../../support/telegram/rpc-packets.ts";

const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const port = fc.integer({ min: 1, max: 65_535 });
const unsigned = fc.integer({ min: 0, max: 0xffffffff });
const tag = bytes(16).map((array) => array.toString("hex"));
const request = fc.record(
  {
    connectionId: id,
    client: fc.ipV4(),
    clientPort: port,
    proxy: fc.ipV4(),
    proxyPort: port,
    tag,
    message: bytes(8, 200),
  },
  { requiredKeys: ["connectionId", "client", "clientPort", "proxy", "proxyPort", "message"] },
);

test("a request reads as it was written, with and without a tag", () => {
  fc.assert(
    fc.property(request, (whole) => {
      expect(readProxyRequest(writeProxyRequest(whole))).toEqual(whole);
    }),
  );
});

test("an answer, a cut and a nonce read as they were written", () => {
  fc.assert(
    fc.property(id, bytes(0, 200), unsigned, bytes(16), (connectionId, message, number, nonce) => {
      expect(readProxyAnswer(writeProxyAnswer(connectionId, message))).toEqual({ connectionId, message });
      expect(readCutClient(writeCutClient(connectionId))).toBe(connectionId);
      const whole = { keyName: number, time: number, nonce };
      expect(readNonce(writeNonce(whole))).toEqual(whole);
    }),
  );
});

test("a handshake hands back the sender's id, to be sent back as it is", () => {
  const sender = { ip: "10.1.2.3", port: 8888, pid: 70_000, startTime: 1_700_000_000 };
  const first = writeHandshake(sender, { ...sender, pid: 0 });
  const id = readHandshake(first);
  expect(id).toHaveLength(12);
  if (id !== undefined) expect(writeHandshake(id, id).subarray(8, 20)).toEqual(id);
});

test("packets of other kinds and sizes are no nonce and no handshake", () => {
  fc.assert(
    fc.property(bytes(0, 64), (payload) => {
      expect(readNonce(payload)).toBeUndefined();
      expect(readHandshake(payload)).toBeUndefined();
    }),
  );
});

test("an address is the same as text and as number", () => {
  fc.assert(fc.property(fc.ipV4(), (ip) => ipText(ipNumber(ip)) === ip));
  expect(ipNumber("127.0.0.1")).toBe(0x7f000001);
});
