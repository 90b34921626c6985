import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Datacenters } from "../../../../src/engine/trial/datacenters.ts";
import { Telegram } from "../../../../src/engine/trial/telegram.ts";
import { type Datacenter, startDatacenter } from "../../../support/telegram/datacenter.ts";

async function withDatacenter(work: (address: string, datacenter: Datacenter) => Promise<void>): Promise<void> {
  const datacenter = await startDatacenter();
  try {
    await work(`127.0.0.1:${datacenter.port}`, datacenter);
  } finally {
    await datacenter.close();
  }
}

/** A program that takes connections and answers anything with a sentence. */
async function withWebServer(work: (address: string) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    await work(`127.0.0.1:${address.port}`);
  } finally {
    server.close();
  }
}

describe("Telegram's side", () => {
  it("is ready where a datacenter answers; one address under two ids counts once", () =>
    withDatacenter(async (address, datacenter) => {
      const telegram = new Telegram(new Datacenters({ 1: address, 2: address, 4: "127.0.0.1:1", "-4": "127.0.0.1:2" }));
      expect(await telegram.readiness()).toEqual({ declared: 2, ready: 1 });
      expect(datacenter.stats).toMatchObject({ connections: 1, answered: 1, refused: 0 });
    }));

  it("is not ready where nothing listens, where nobody answers, and where something else does", () =>
    withWebServer(async (web) => {
      const silent = await startDatacenter({ silent: true });
      const telegram = new Telegram(new Datacenters({ 1: "127.0.0.1:1", 2: `127.0.0.1:${silent.port}`, 3: web }));
      expect(await telegram.readiness()).toEqual({ declared: 3, ready: 0 });
      expect(await telegram.connect(1)).toBeUndefined();
      await silent.close();
    }));

  it("learns from its clients' connections that a datacenter is gone", () =>
    withDatacenter(async (address, datacenter) => {
      const telegram = new Telegram(new Datacenters({ 2: address }));
      expect(await telegram.readiness()).toEqual({ declared: 1, ready: 1 });
      await datacenter.close();
      expect(await telegram.connect(2)).toBeUndefined();
      expect(await telegram.readiness()).toEqual({ declared: 1, ready: 0 });
    }));

  it("connects to the datacenter that is asked for, at new addresses after a change", () =>
    withDatacenter(async (address) => {
      const telegram = new Telegram(new Datacenters({ 2: "127.0.0.1:1" }));
      expect([2, -2, 3].map((id) => telegram.isListed(id))).toEqual([true, true, false]);
      telegram.use(new Datacenters({ 3: address }));
      const socket = await telegram.connect(-3);
      expect(`${socket?.remoteAddress}:${socket?.remotePort}`).toBe(address);
      socket?.destroy();
      expect(await telegram.connect(2)).toBeUndefined();
    }));
});
