import { createServer, type Server, type Socket } from "node:net";
import type { Engine } from "./stats-page.ts";
import { statsPage } from "./stats-page.ts";

const LOCAL = "127.0.0.1";
const MAX_HEAD = 16_384;

/**
 * Statistics for whoever comes from exactly 127.0.0.1 and asks `GET /stats`, on the process's own 127.0.0.1 and nowhere else
 * (engine-net.c, try_open_port; mtproto-proxy.c, hts_stats_execute).
 */
export function statsServer(engine: Engine): Server {
  return createServer((socket) => {
    const { master } = engine;
    master.accepted++;
    if (master.isFull) {
      master.refusedByLimit++;
      socket.destroy();
      return;
    }
    master.traffic.count(socket);
    serve(socket, engine);
  });
}

function serve(socket: Socket, engine: Engine): void {
  let head = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    head += chunk.toString("latin1");
    const isWhole = /\r?\n\r?\n/.test(head);
    if (!/^(GET |HEAD|POST|OPTI)/.test(head.padEnd(4)) || head.length > MAX_HEAD) socket.destroy();
    else if (isWhole) socket.end(reply(head, socket.remoteAddress ?? "", engine));
  });
}

function reply(head: string, peer: string, engine: Engine): string {
  const [method, path] = head.split(" ", 2);
  if (method !== "GET") return failure(method === "HEAD", 501, "Not Implemented");
  if (peer !== LOCAL || path !== "/stats") return failure(false, 404, "Not Found");
  engine.statsQueries++;
  return answer("200 OK", "text/plain", statsPage(engine));
}

function failure(headOnly: boolean, code: number, words: string): string {
  const title = `${code} ${words}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    '<body bgcolor="white">',
    `<center><h1>${title}</h1></center>`,
    "<hr><center>MTProxy/1.0</center>",
    "</body>",
    "</html>",
    "",
  ];
  return answer(title, "text/html", lines.join("\r\n"), headOnly);
}

function answer(status: string, type: string, body: string, headOnly = false): string {
  const head = [
    `HTTP/1.1 ${status}`,
    "Server: MTProxy/1.0",
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${type}`,
    "Connection: close",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    "",
  ];
  return head.join("\r\n") + (headOnly ? "" : body);
}
