import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type RpcSeed, rpcKeys } from "../../../support/telegram/rpc-keys.ts";
import { RpcLink, type RpcPacket } from "../../../support/telegram/rpc-link.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function pair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  const [server] = (await once(listener, "connection")) as [Socket];
  listener.close();
  sockets.push(client, server);
  return { client, server };
}

function collect(socket: Socket): { link: RpcLink; packets: RpcPacket[] } {
  const packets: RpcPacket[] = [];
  return { link: new RpcLink(socket, (packet) => packets.push(packet)), packets };
}

const seed = (): RpcSeed => ({
  serverNonce: randomBytes(16),
  clientNonce: randomBytes(16),
  clientTime: 1_700_000_000,
  server: { ip: "127.0.0.1", port: 443 },
  client: { ip: "10.0.0.7", port: 40_000 },
  secret: randomBytes(128),
});

test("payloads of any whole number of words arrive numbered and in order, in clear and encrypted", async () => {
  const { client, server } = await pair();
  const [near, far] = [collect(client), collect(server)];
  const sizes = [4, 8, 12, 16, 20, 32, 36, 1000, 65_536];
  near.link.send(Buffer.alloc(4, 1));
  await expect.poll(() => far.packets.length).toBe(1);
  const keys = rpcKeys(seed());
  near.link.secure(keys.client, keys.server);
  far.link.secure(keys.server, keys.client);
  const payloads = sizes.map((size) => randomBytes(size));
  for (const payload of payloads) near.link.send(payload);
  far.link.send(Buffer.alloc(8, 2));
  await expect.poll(() => far.packets.length).toBe(1 + sizes.length);
  expect(far.packets.map(({ number }) => number)).toEqual([-2, -1, 0, 1, 2, 3, 4, 5, 6, 7]);
  expect(far.packets.slice(1).map(({ payload }) => payload)).toEqual(payloads);
  await expect.poll(() => near.packets.map(({ payload }) => payload)).toEqual([Buffer.alloc(8, 2)]);
});

test("packets arrive whole when their bytes come one at a time", async () => {
  const { client, server } = await pair();
  const far = collect(server);
  const recorded = await recordPacket(Buffer.from("abcdefgh"));
  for (const byte of recorded) {
    client.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => far.packets.map(({ payload }) => payload.toString())).toEqual(["abcdefgh"]);
});

async function recordPacket(payload: Uint8Array): Promise<Buffer> {
  const { client, server } = await pair();
  new RpcLink(client, () => {}).send(payload);
  const [chunk] = (await once(server, "data")) as [Buffer];
  return chunk;
}

test.each([
  ["a changed byte", (packet: Buffer) => packet.fill(packet[9] === 0 ? 1 : 0, 9, 10)],
  ["a number out of turn", (packet: Buffer) => packet.fill(7, 4, 5)],
  ["a length that is no whole word", (packet: Buffer) => packet.fill(21, 0, 1)],
])("%s ends the link", async (_, spoil) => {
  const { client, server } = await pair();
  const far = collect(server);
  client.on("error", () => {});
  client.write(spoil(await recordPacket(Buffer.from("abcdefgh"))));
  await once(client, "close");
  expect(far.packets).toEqual([]);
});

test("ends that see different addresses end the link at the first packet", async () => {
  const { client, server } = await pair();
  const [near, far] = [collect(client), collect(server)];
  client.on("error", () => {});
  const ours = seed();
  const theirs = { ...ours, client: { ...ours.client, ip: "203.0.113.7" } };
  const [nearKeys, farKeys] = [rpcKeys(ours), rpcKeys(theirs)];
  near.link.secure(nearKeys.client, nearKeys.server);
  far.link.secure(farKeys.server, farKeys.client);
  near.link.send(Buffer.alloc(32));
  await once(client, "close");
  expect(far.packets).toEqual([]);
});

test("keys differ by direction and by everything that goes into them", () => {
  const base = seed();
  const others: RpcSeed[] = [
    { ...base, clientTime: base.clientTime + 1 },
    { ...base, serverNonce: randomBytes(16) },
    { ...base, clientNonce: randomBytes(16) },
    { ...base, secret: randomBytes(128) },
    { ...base, server: { ...base.server, ip: "127.0.0.2" } },
    { ...base, server: { ...base.server, port: 444 } },
    { ...base, client: { ...base.client, ip: "10.0.0.8" } },
    { ...base, client: { ...base.client, port: 40_001 } },
  ];
  const keys = [base, ...others].flatMap((whole) => Object.values(rpcKeys(whole)));
  expect(new Set(keys.map(({ key, iv }) => Buffer.concat([key, iv]).toString("hex"))).size).toBe(18);
  for (const { key, iv } of keys) expect([key.length, iv.length]).toEqual([32, 16]);
});
