import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Two ends of a TCP connection on loopback, both open in each direction on its own. */
export async function socketPair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const far = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const [near] = (await once(server, "connection")) as [Socket];
  server.close();
  for (const socket of [near, far]) socket.on("error", () => {});
  return { near, far };
}
