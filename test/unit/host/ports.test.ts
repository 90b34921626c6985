import { once } from "node:events";
import { type AddressInfo, createServer, type ListenOptions } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isPortFree, listeningPorts } from "../../../src/host/ports.ts";

async function listenOn(options: ListenOptions): Promise<number> {
  const server = createServer().listen({ port: 0, ...options });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("isPortFree", () => {
  it.each(["127.0.0.1", "0.0.0.0", "::1", "::"])("finds a port taken on %s", async (host) => {
    expect(await isPortFree(await listenOn({ host }))).toBe(false);
  });

  it("finds a port free after its holder is gone, and leaves it free", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await isPortFree(port)).toBe(true);
    expect(await isPortFree(port)).toBe(true);
  });
});

describe("listeningPorts", () => {
  it("reads the ports that somebody listens on, not those of connections", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0",
      "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 12346 1 0 20 4 30 10 -1",
      "   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1 1 0 100 0",
    ].join("\n");
    expect([...listeningPorts(table)]).toEqual([443, 22]);
  });
});
