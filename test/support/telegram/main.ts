import { mkdirSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerBulk } from "./answers.ts";
import { type MiddleProxy, startMiddleProxy } from "./middle-proxy.ts";
import type { ProxyRequest } from "./rpc-packets.ts";

// Telegram for the inside of a container: a middle proxy that leaves its two files in a folder and tells each request as one line
// of JSON.

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "0.0.0.0" },
    port: { type: "string", default: "8888" },
    targets: { type: "string", default: "1" },
    /** Address that proxies are told; this machine's first when absent. */
    announce: { type: "string" },
    "sees-proxy-as": { type: "string" },
    /** Hex digits of proxy-secret. */
    secret: { type: "string" },
    /** Where proxy-secret and proxy-multi.conf are written. */
    folder: { type: "string" },
  },
});

void start();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));

async function start(): Promise<void> {
  const telegram = await startMiddleProxy({
    host: values.host,
    port: Number(values.port),
    targets: Number(values.targets),
    answer: answerBulk,
    onRequest: (request) => say(described(request)),
    announce: values.announce ?? ownAddress(),
    ...(values["sees-proxy-as"] === undefined ? {} : { seesProxyAs: values["sees-proxy-as"] }),
    ...(values.secret === undefined ? {} : { secret: Buffer.from(values.secret, "hex") }),
  });
  if (values.folder !== undefined) leaveFiles(telegram, values.folder);
  say({ ready: true, ports: telegram.ports });
}

/** A container has one. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

function described({ client, clientPort, proxy, proxyPort, tag, message }: ProxyRequest): object {
  return { client, clientPort, proxy, proxyPort, tag: tag ?? null, bytes: message.length };
}

function leaveFiles(telegram: MiddleProxy, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "proxy-secret"), telegram.proxySecret);
  writeFileSync(join(folder, "proxy-multi.conf"), telegram.proxyMultiConf());
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
