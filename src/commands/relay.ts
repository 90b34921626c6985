import { AppError } from "../domain/errors.ts";
import { parseImageName } from "../domain/image-name.ts";
import { parsePort } from "../domain/port.ts";
import { parseRelayTarget, type RelayTarget } from "../domain/relay.ts";
import { countBounds } from "../domain/setting-rules.ts";
import type { CliCommand } from "./command.ts";
import { parseCount } from "./options.ts";

interface Flags {
  readonly to?: readonly RelayTarget[];
  readonly port: number;
  readonly folder: string;
  readonly image?: string;
  readonly maxConnections?: number;
  readonly dryRun?: boolean;
}

const DEFAULT_PORT = 443;

export function declareRelayCommands(program: CliCommand): void {
  program
    .command("relay")
    .description("HAProxy alone on another server, which passes clients on to this one or to several")
    .command("render")
    .description("write what the relay runs from into a folder, to be copied to its server")
    .option(
      "--to <host:port[,weight]>",
      "proxy server that clients are passed on to; may be given several times",
      (text: string, before: readonly RelayTarget[] = []) => [...before, parseRelayTarget(text)],
    )
    .option("--port <port>", "port of the relay (443)", parsePort, DEFAULT_PORT)
    .option("--folder <dir>", "where the files go", "relay")
    .option("--image <image>", "image of HAProxy (haproxy:3.0)", parseImageName)
    .option(
      "--max-connections <n>",
      "clients at a time (8000)",
      parseCount("--max-connections", countBounds.maxConnections),
    )
    .writes()
    .examples([
      "mtproxy relay render --to proxy.example.com:8443",
      "mtproxy relay render --to 192.0.2.7:443,2 --to 192.0.2.8:443 --folder /root/relay",
    ])
    .runs(
      async (ctx, { to, ...flags }: Flags) => {
        if (to === undefined) throw noTarget();
        return (await import("../app/routing/render-relay.ts")).renderRelayFolder(ctx, { to, ...flags });
      },
      async (data, style) => (await import("../ui/relay-views.ts")).renderedRelayView(data, style),
    );
}

function noTarget(): AppError {
  return new AppError("usage", "a relay passes clients on to somebody", {
    hint: "mtproxy relay render --to HOST:PORT",
  });
}
