import type { Server } from "node:http";
import type { RevealedLink } from "../../app/stats-api/reveal-link.ts";
import type { ServeNumbers } from "../../app/stats-api/serve-numbers.ts";
import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { createApp } from "./app.ts";
import { boundedServer } from "./bounded-server.ts";
import { createHandlers, type MetricsPage } from "./handlers.ts";
import { loadPages } from "./pages.ts";

/** Loopback only: from anywhere else people come through ssh. */
const HOSTS = ["127.0.0.1", "::1"] as const;
const NO_IPV6 = ["EADDRNOTAVAIL", "EAFNOSUPPORT"];
/** Milliseconds in which answers that are under way may end. */
const GRACE_MS = 500;

/** The stats API of a home. */
export function statsServer(ctx: HostContext, metrics: MetricsPage): ServeNumbers {
  return async (source, { port, origin, token, metricsUsers }, log) => {
    const pages = await loadPages(ctx);
    const reveal = token === undefined ? undefined : revealer(ctx, log);
    const about = { version: ctx.agents.version, port, now: () => ctx.clock.now() };
    const { handlers, streams } = createHandlers({ source, metrics, metricsUsers, reveal, ...about });
    const app = await createApp({ port, origin, token, handlers, streams, pages, log });
    const servers = HOSTS.map(() => boundedServer(app.routing));
    const close = async () => {
      streams.close();
      await Promise.all(servers.map(end));
      await app.close();
    };
    const attempts = await Promise.allSettled(servers.map((server, index) => listen(server, HOSTS[index] ?? "", port)));
    const failed = attempts.find((attempt) => attempt.status === "rejected");
    if (failed === undefined)
      return { addresses: attempts.flatMap((attempt) => ("value" in attempt ? attempt.value : [])), close };
    await close();
    throw failed.reason;
  };
}

/** That somebody saw a link stands in the daemon's log too. */
function revealer(ctx: HostContext, log: (line: string) => void): (name: string) => Promise<RevealedLink> {
  return async (name) => {
    const { revealLink } = await import("../../app/stats-api/reveal-link.ts");
    const revealed = await revealLink(ctx, name, log);
    log(`stats API: the link of ${revealed.username} was shown`);
    return revealed;
  };
}

/** @returns its address; none where this machine has no such one */
function listen(server: Server, host: string, port: number): Promise<string[]> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (host !== HOSTS[0] && NO_IPV6.includes(error.code ?? "")) resolve([]);
      else reject(cannotListen(address, port, error));
    });
    server.listen({ host, port, exclusive: true }, () => resolve([address]));
  });
}

/** A stranger on one of the two addresses would be told the token: then the other one does not serve either. */
function cannotListen(address: string, port: number, { code, message }: NodeJS.ErrnoException): AppError {
  const why = code === "EADDRINUSE" ? `something else listens on ${address}` : `${address}: ${message}`;
  return new AppError("environment", `port ${port} is not to be had: ${why}`, {
    hint: "mtproxy stats-api start --port PORT takes another one",
  });
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  const ended = new Promise((resolve) => server.close(resolve));
  const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await ended;
  clearTimeout(late);
}
