import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The way of a machine without a network to the servers that its apt asks, over plain HTTP. */
export interface AptForwarder {
  readonly url: string;
  /** How long packages were under way, all together. */
  readonly packageMs: number;
  close(): Promise<void>;
}

export async function startAptForwarder(host: string): Promise<AptForwarder> {
  const clock = new BusyClock();
  const server = createServer((asked, answer) => forward(asked, answer, clock));
  server.listen(0, host);
  await once(server, "listening");
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    get packageMs() {
      return clock.milliseconds;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function forward(asked: IncomingMessage, answer: ServerResponse, clock: BusyClock): void {
  const url = new URL(asked.url ?? "", "http://nowhere.invalid/");
  if (url.pathname.endsWith(".deb")) clock.during(answer);
  const onward = request(url, { method: asked.method, headers: asked.headers });
  onward.on("response", (given) => {
    answer.writeHead(given.statusCode ?? 502, given.headers);
    given.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  asked.pipe(onward);
}

/** Counts the time while anything is under way. */
class BusyClock {
  milliseconds = 0;
  #under = 0;
  #since = 0;

  during(answer: ServerResponse): void {
    if (this.#under++ === 0) this.#since = performance.now();
    answer.once("close", () => {
      if (--this.#under === 0) this.milliseconds += performance.now() - this.#since;
    });
  }
}
