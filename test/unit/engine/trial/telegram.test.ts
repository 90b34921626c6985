import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { Datacenters } from "../../../../src/engine/trial/datacenters.ts";
import { Telegram } from "../../../../src/engine/trial/telegram.ts";

async function withListener(work: (address: string, server: Server) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    await work(`127.0.0.1:${address.port}`, server);
  } finally {
    server.close();
  }
}

describe("Telegram's side", () => {
  it("is ready where a datacenter takes connections; one address under two ids counts once", () =>
    withListener(async (address) => {
      const telegram = new Telegram(new Datacenters({ 1: address, 2: address, 4: "127.0.0.1:1" }));
      await expect.poll(() => telegram.readiness()).toEqual({ declared: 2, ready: 1 });
    }));

  it("is not ready where none does", async () => {
    const telegram = new Telegram(new Datacenters({ 1: "127.0.0.1:1" }));
    expect(await telegram.readiness()).toEqual({ declared: 1, ready: 0 });
    expect(await telegram.connect(1)).toBeUndefined();
  });

  it("learns from its clients' connections that a datacenter is gone", () =>
    withListener(async (address, server) => {
      const telegram = new Telegram(new Datacenters({ 2: address }));
      expect(await telegram.readiness()).toEqual({ declared: 1, ready: 1 });
      const closed = once(server, "close");
      server.close();
      await closed;
      expect(await telegram.connect(2)).toBeUndefined();
      expect(await telegram.readiness()).toEqual({ declared: 1, ready: 0 });
    }));

  it("connects to the datacenter that is asked for, at new addresses after a change", () =>
    withListener(async (address) => {
      const telegram = new Telegram(new Datacenters({ 2: "127.0.0.1:1" }));
      expect([2, -2, 3].map((id) => telegram.isListed(id))).toEqual([true, true, false]);
      telegram.use(new Datacenters({ 3: address }));
      const socket = await telegram.connect(-3);
      expect(`${socket?.remoteAddress}:${socket?.remotePort}`).toBe(address);
      socket?.destroy();
      expect(await telegram.connect(2)).toBeUndefined();
    }));
});
