import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CoverSite } from "../../../../src/engine/trial/cover-site.ts";

let site: Server;
let port: number;
beforeAll(async () => {
  site = createServer((socket) => socket.on("error", () => {}));
  site.listen(0);
  await once(site, "listening");
  const address = site.address();
  port = address !== null && typeof address === "object" ? address.port : 0;
});
afterAll(() => {
  site.close();
});

const cover = (address: string, own: { port?: number; publicHost?: string } = {}): CoverSite =>
  new CoverSite({ covers: [{ domain: "cover.example", address }], port: 1, publicHost: "", ...own });

describe("the cover site", () => {
  it("is connected to at its pinned address, and knows that it was us", async () => {
    const cover_ = cover(`127.0.0.1:${port}`);
    const arrival = once(site, "connection");
    const socket = await cover_.connect();
    const [visitor] = (await arrival) as [Socket];
    const peer = { host: visitor.remoteAddress ?? "", port: visitor.remotePort ?? 0 };
    expect(cover_.isOwnVisit(peer)).toBe(true);
    expect(cover_.isOwnVisit({ ...peer, port: 1 })).toBe(false);
    socket?.destroy();
    await once(visitor, "close");
    expect(cover_.isOwnVisit(peer)).toBe(false);
  });

  it("is not connected to where it is ourselves, under any of our addresses", async () => {
    const own = Object.values(networkInterfaces()).flatMap((list = []) =>
      list.filter(({ family }) => family === "IPv4"),
    );
    for (const { address } of own) expect(await cover(`${address}:${port}`, { port }).connect()).toBeUndefined();
    expect(await cover(`127.0.0.2:${port}`, { port }).connect()).toBeUndefined();
  });

  it("is not connected to where it is the address that our links name", async () => {
    expect(await cover("192.0.2.7:443", { port: 443, publicHost: "192.0.2.7" }).connect()).toBeUndefined();
  });

  it("may be this server on another port: an own domain with a real site is the best cover", async () => {
    const socket = await cover(`127.0.0.1:${port}`, { port: port === 1 ? 2 : 1, publicHost: "127.0.0.1" }).connect();
    expect(socket?.remotePort).toBe(port);
    socket?.destroy();
  });

  it("is nothing when it refuses, has no address, or is not set", async () => {
    expect(await cover("127.0.0.1:1").connect()).toBeUndefined();
    expect(await cover("nowhere.invalid:443").connect()).toBeUndefined();
    const none = new CoverSite({ covers: [], port: 1, publicHost: "" });
    expect(none.isSet).toBe(false);
    expect(await none.connect()).toBeUndefined();
  });

  it("lists every cover domain, spelled as it is, and shows the first", async () => {
    const covers = [
      { domain: "a.example", address: `127.0.0.1:${port}` },
      { domain: "b.example", address: "127.0.0.1:1" },
    ];
    const two = new CoverSite({ covers, port: 1, publicHost: "" });
    expect(["a.example", "b.example", "B.example", "c.example"].map((name) => two.isListed(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const socket = await two.connect();
    expect(socket?.remotePort).toBe(port);
    socket?.destroy();
  });
});
