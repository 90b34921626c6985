import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { encodeFrame, FrameDecoder } from "../../../src/protocol/framing.ts";
import { readResPq, reqPqMulti } from "../../../src/protocol/handshake-messages.ts";
import { startObfuscated } from "../../../src/protocol/obfuscated2.ts";
import { type Transport, transports, transportTag } from "../../../src/protocol/transport.ts";
import {
  bulk,
  bulkRequest,
  type Datacenter,
  type DatacenterOptions,
  echo,
  startDatacenter,
} from "../../support/telegram/datacenter.ts";

const open: Datacenter[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((datacenter) => datacenter.close()));
});

async function start(options: DatacenterOptions = {}): Promise<Datacenter> {
  const datacenter = await startDatacenter(options);
  open.push(datacenter);
  return datacenter;
}

/** Sends messages as a client does and gives back what is answered. */
interface Client {
  ask(message: Uint8Array): Promise<Uint8Array>;
}

async function connectTo({ host, port }: Datacenter, transport: Transport, isObfuscated: boolean): Promise<Client> {
  const socket = connect(port, host);
  sockets.push(socket.on("error", () => {}));
  await once(socket, "connect");
  const { header, session } = startObfuscated({ transport, datacenter: 4 });
  const tag = new Uint8Array(transport === "abridged" ? 1 : 4).fill(transportTag[transport]);
  socket.write(isObfuscated ? header : tag);
  const frames = new FrameDecoder(transport, { maxBytes: 1 << 24 });
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        socket.once("close", () => reject(new Error("closed")));
        socket.on("data", (data) => {
          const [answer] = frames.push(isObfuscated ? session.decrypt(data) : data);
          if (answer !== undefined) resolve(answer);
        });
        const frame = encodeFrame(transport, message);
        socket.write(isObfuscated ? session.encrypt(frame) : frame);
      }),
  };
}

const lines = transports.flatMap((transport) => [true, false].map((isObfuscated) => ({ transport, isObfuscated })));

describe("the loopback datacenter", () => {
  it.each(lines)("answers req_pq with the same nonce ($transport, obfuscated: $isObfuscated)", async (line) => {
    const datacenter = await start();
    const nonce = randomBytes(16);
    const client = await connectTo(datacenter, line.transport, line.isObfuscated);
    const answer = readResPq(await client.ask(reqPqMulti(nonce, Date.now())));
    expect(Buffer.from(answer?.nonce ?? [])).toEqual(nonce);
    expect(datacenter.stats).toMatchObject({ connections: 1, answered: 1, transports: [line.transport] });
    expect(datacenter.stats.datacenters).toEqual(line.isObfuscated ? [4] : []);
  });

  it("echoes and counts bytes when asked to", async () => {
    const datacenter = await start({ answer: echo });
    const client = await connectTo(datacenter, "intermediate", true);
    const message = randomBytes(40_000);
    expect(Buffer.compare(await client.ask(message), message)).toBe(0);
    expect(datacenter.stats).toMatchObject({ bytesIn: 64 + 4 + 40_000, bytesOut: 4 + 40_000, messages: 1 });
  });

  it("sends as much as it is asked for", async () => {
    const client = await connectTo(await start({ answer: bulk }), "intermediate", false);
    expect(await client.ask(bulkRequest(1_000_000))).toHaveLength(1_000_000);
  });

  it("refuses what no datacenter understands", async () => {
    const datacenter = await start();
    const socket = connect(datacenter.port, datacenter.host, () => socket.write(Buffer.alloc(64, 1)));
    sockets.push(socket);
    await once(socket, "close");
    expect(datacenter.stats).toMatchObject({ refused: 1, open: 0 });
  });

  it("can be started again on the same port after a close that cut its clients off", async () => {
    const first = await start();
    const client = await connectTo(first, "abridged", true);
    const asked = client.ask(Buffer.alloc(8));
    await Promise.all([first.close(), expect(asked).rejects.toThrow("closed")]);
    expect((await start({ port: first.port })).port).toBe(first.port);
  });
});
