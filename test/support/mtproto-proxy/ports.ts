import { createServer, type Server, type Socket } from "node:net";
import { failAssertion, ProcessEnd } from "./fatal.ts";
import type { Log } from "./log.ts";

export interface Listening {
  readonly port: number;
  /** Every address when absent. */
  readonly address?: string;
  readonly ipv6?: boolean;
}

/**
 * Opens a port for clients, whose sockets come paused.
 * @throws ProcessEnd
 */
export async function listenForClients(where: Listening, accept: (socket: Socket) => void, log: Log): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, accept);
  const reason = await listen(server, where);
  if (reason === undefined) return server;
  log.raw(`bind(): ${reason}\n`);
  log.say(`cannot open http/tcp server socket at port ${where.port}: Invalid argument`);
  throw new ProcessEnd(1);
}

/**
 * Opens the first of the ports that is free, on 127.0.0.1.
 * @returns the port
 * @throws ProcessEnd
 */
export async function listenForStats(server: Server, ports: readonly number[], log: Log): Promise<number> {
  for (const port of ports) {
    const reason = await listen(server, { port, address: "127.0.0.1" });
    if (reason === undefined) return port;
    log.raw(`bind(): ${reason}\n`);
  }
  const [first, last] = [ports[0], ports.at(-1)];
  log.say(`cannot open server socket at port ${first}${first === last ? ": Invalid argument" : `-${last}`}`);
  throw new ProcessEnd(first === last ? 1 : 2);
}

const MAX_CLIENT_PORTS = 64;

/** @throws ProcessEnd */
export function checkPortCount(count: number, program: string, log: Log): void {
  if (count <= MAX_CLIENT_PORTS) return;
  const place = "net/net-connections.c:1345: init_listening_connection_ext";
  throw failAssertion(log, program, place, "idx < MAX_SPECIAL_LISTEN_SOCKETS");
}

/** The reason why not, in the words of errno; undefined when it listens. */
function listen(server: Server, { port, address, ipv6 = false }: Listening): Promise<string | undefined> {
  const host = ipv6 ? "::" : (address ?? "0.0.0.0");
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(errorText(error.code ?? ""));
    server.once("error", fail);
    server.listen({ port, host, exclusive: true }, () => {
      server.off("error", fail);
      resolve(undefined);
    });
  });
}

function errorText(code: string): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: "Address already in use",
    EADDRNOTAVAIL: "Cannot assign requested address",
    EACCES: "Permission denied",
  };
  return words[code] ?? code;
}
