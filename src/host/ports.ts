import { readFile } from "node:fs/promises";
import { createServer, type ListenOptions } from "node:net";

/** Every address of both families: a port that is taken on one of them is taken for a proxy too. */
const EVERYWHERE: readonly ListenOptions[] = [{ host: "0.0.0.0" }, { host: "::", ipv6Only: true }];

/** State of a listening socket in /proc/net/tcp. */
const LISTENING = "0A";

/**
 * Whether nobody holds a TCP port. Docker holds the ports it publishes with a socket of its own, so they count as taken. A port
 * that only root may open (below 1024) is free when nobody listens on it: whether it may be opened is another question.
 */
export async function isPortFree(port: number): Promise<boolean> {
  for (const address of EVERYWHERE) {
    const code = await bindError({ ...address, port });
    if (code === "EADDRINUSE") return false;
    if (code === "EACCES") return !(await isListening(port));
  }
  return true;
}

/** Code of the error that a bind ends with. Without IPv6 on the host there is one for `::`, which says nothing of the port. */
function bindError(options: ListenOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ ...options, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isListening(port: number): Promise<boolean> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(() => "")),
  );
  return tables.some((table) => listeningPorts(table).has(port));
}

/** Ports in the state LISTEN in a table such as /proc/net/tcp: second column `ADDRESS:PORT` in hex, fourth the state. */
export function listeningPorts(table: string): Set<number> {
  const rows = table.split("\n").map((row) => row.trim().split(/\s+/));
  return new Set(
    rows.flatMap(([, local = "", , state]) =>
      state === LISTENING ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [],
    ),
  );
}
