import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { NotConnected, ProbeSocket, withProbeSocket } from "../../../src/host/probe-socket.ts";

const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

async function start(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    serve(socket.resume());
  });
  servers.push({ server, sockets });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, sockets };
}

const soon = (milliseconds: number): number => performance.now() + milliseconds;

describe("a probe's socket", () => {
  it("hands over what came before the end, and then says that it is closed", async () => {
    const { address } = await start((socket) => socket.end("abc"));
    const read = await withProbeSocket(address, soon(2000), async (socket) => {
      let text = "";
      const end = await socket.receive((chunk) => {
        text += Buffer.from(chunk).toString();
      }, soon(2000));
      return [text, end, await socket.receive(() => "more", soon(2000))];
    });
    expect(read).toEqual(["abc", "closed", "closed"]);
  });

  it("stops waiting in time", async () => {
    const { address } = await start(() => {});
    const started = performance.now();
    expect(await withProbeSocket(address, soon(2000), (socket) => socket.receive(() => 1, soon(100)))).toBe("silent");
    expect(performance.now() - started).toBeLessThan(500);
  });

  it("cuts off a peer that sends more than a megabyte", async () => {
    const { address } = await start((socket) => socket.write(Buffer.alloc(1 << 25)));
    const received = await withProbeSocket(address, soon(5000), async (socket) => {
      let bytes = 0;
      const end = await socket.receive((chunk) => {
        bytes += chunk.length;
      }, soon(5000));
      return { bytes, end };
    });
    expect(received).toMatchObject({ end: "closed" });
    expect(received).toHaveProperty(
      "bytes",
      expect.toSatisfy((bytes: number) => bytes <= 1 << 20),
    );
  });

  it("lets errors of its user through, closed all the same", async () => {
    const { address, sockets } = await start(() => {});
    const failing = withProbeSocket(address, soon(2000), async () => {
      throw new Error("ours");
    });
    await expect(failing).rejects.toThrow("ours");
    await expect.poll(() => sockets.size).toBe(0);
  });

  it("may be sent to after the peer has gone", async () => {
    const { address } = await start((socket) => socket.resetAndDestroy());
    const end = await withProbeSocket(address, soon(2000), async (socket) => {
      socket.send(Buffer.alloc(100_000));
      await socket.receive(() => undefined, soon(2000));
      socket.send(Buffer.alloc(100_000));
      return socket.receive(() => undefined, soon(2000));
    });
    expect(end).toBe("closed");
  });

  it("is closed by its signal, made or not", async () => {
    const { address, sockets } = await start(() => {});
    const over = new AbortController();
    setTimeout(() => over.abort(), 50);
    const waiting = (socket: ProbeSocket) => socket.receive(() => undefined, soon(5000));
    expect(await withProbeSocket(address, soon(5000), waiting, over.signal)).toBe("closed");
    expect(await withProbeSocket(address, soon(5000), waiting, over.signal)).toBeInstanceOf(NotConnected);
    await expect.poll(() => sockets.size).toBe(0);
  });

  it("says with which code a connection failed", async () => {
    const { address } = await start(() => {});
    for (const { server } of servers) server.close();
    await expect(ProbeSocket.open(address, soon(1000))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
