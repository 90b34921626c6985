import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { onTestFinished } from "vitest";

/** A web server on loopback that ends with the test. */
export interface Web {
  /** `http://127.0.0.1:PORT`, without a final slash. */
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for, in order. */
  readonly requests: readonly string[];
}

export async function startWeb(answer: RequestListener): Promise<Web> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(request, response);
  });
  const port = await listen(server);
  onTestFinished(() => void server.closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

/** Accepts connections and never says a word. */
export async function startSilence(): Promise<Pick<Web, "url" | "port">> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${port}`, port };
}

/** An HTTP proxy that notes what it was asked for: URLs of plain requests, `CONNECT host:port` of tunnels. */
export async function startWebProxy(route: (host: string, port: number) => number): Promise<Web> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    relay(request, response, route);
  });
  server.on("connect", (request, client: Socket) => {
    requests.push(`CONNECT ${request.url}`);
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const upstream = connect(route(host, Number(port)), "127.0.0.1", () =>
      client.write("HTTP/1.1 200 Connected\r\n\r\n"),
    );
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
    onTestFinished(() => void client.destroy());
  });
  const port = await listen(server);
  onTestFinished(() => void server.closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

function relay(
  request: IncomingMessage,
  response: ServerResponse,
  route: (host: string, port: number) => number,
): void {
  const { hostname, port, pathname } = new URL(request.url ?? "");
  const upstream = httpRequest(
    { host: "127.0.0.1", port: route(hostname, Number(port || 80)), path: pathname },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.on("error", () => response.writeHead(502).end());
  upstream.end();
}

async function listen(server: TcpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A port on loopback where nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
