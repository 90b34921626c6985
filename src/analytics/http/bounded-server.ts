import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { errorText } from "./refusals.ts";

/** Connections that ask nothing now; the oldest is let go for the next one. */
const MOST_WAITING = 256;
const MOST_CONNECTIONS = 2000;
/** Milliseconds in which a request must have arrived whole. */
const REQUEST_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
/** Without a byte in either direction; listeners to events hear more often. */
const SILENCE_MS = 40_000;
const HEADER_BYTES = 8192;

/** An HTTP server that slow and idle clients cannot fill. */
export function boundedServer(handler: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: HEADER_BYTES,
    },
    handler,
  );
  server.timeout = SILENCE_MS;
  server.maxConnections = MOST_CONNECTIONS;
  server.on("clientError", answerGarbage);
  letIdleGo(server);
  return server;
}

/** Whoever asks always finds room, however many hold connections open. */
function letIdleGo(server: Server): void {
  const waiting = new Set<Socket>();
  const wait = (socket: Socket) => {
    waiting.add(socket);
    const [oldest] = waiting;
    if (waiting.size > MOST_WAITING) oldest?.destroy();
  };
  server.on("connection", (socket) => {
    socket.once("close", () => waiting.delete(socket));
    wait(socket);
  });
  server.on("request", ({ socket }, response) => {
    waiting.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) wait(socket);
    });
  });
}

/** What is no HTTP, or came too slowly: there is no request that could be answered otherwise. */
function answerGarbage({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  const [status, message] = garbage[code ?? ""] ?? ["400 Bad Request", "this is no HTTP request"];
  const body = errorText("usage", message, null);
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const garbage: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", `the headers are over ${HEADER_BYTES} bytes`],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "the request did not arrive in time"],
};
