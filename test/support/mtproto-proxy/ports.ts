import { createServer, type Server, type Socket } from "node:net";
import type { CommandLine } from "./command-line.ts";
import { failAssertion, ProcessEnd } from "./fatal.ts";
import type { Log } from "./log.ts";

const LOCAL = "127.0.0.1";

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
  log.say(`cannot open http/tcp server socket at port ${where.port}: ${reason}`);
  throw new ProcessEnd(1);
}

/**
 * The port for statistics: `-p` as it is, or the first free one of its range, which is looked for before the proxy says that it
 * has started. -1 without `-p`.
 * @throws ProcessEnd
 */
export async function chooseStatsPort({ statsPorts, httpStats }: CommandLine, log: Log): Promise<number> {
  const [first, last] = [statsPorts[0], statsPorts.at(-1)];
  if (first === undefined || last === undefined) return httpStats ? 0 : -1;
  if (first === last || !httpStats) return first;
  for (const port of statsPorts) {
    const server = createServer();
    const reason = await listen(server, { port, address: LOCAL });
    server.close();
    if (reason === undefined) return port;
    log.raw(`bind(): ${reason}\n`);
  }
  log.say(`cannot open server socket at port ${first}-${last}`);
  throw new ProcessEnd(2);
}

/** @throws ProcessEnd */
export async function listenForStats(server: Server, port: number, log: Log): Promise<void> {
  const reason = await listen(server, { port, address: LOCAL });
  if (reason === undefined) return;
  log.raw(`bind(): ${reason}\n`);
  log.say(`cannot open server socket at port ${port}: ${reason}`);
  throw new ProcessEnd(1);
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
