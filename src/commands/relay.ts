import { resolve } from "node:path";
import { AppError } from "../domain/errors.ts";
import { parseImageName } from "../domain/image-name.ts";
import { parsePort } from "../domain/port.ts";
import { parseRelayTarget, type RelayTarget } from "../domain/relay.ts";
import { countBounds } from "../domain/setting-bounds.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { parseCount } from "./options.ts";

interface Flags {
  readonly to?: readonly RelayTarget[];
  readonly port?: readonly number[];
  readonly folder?: string;
  readonly image?: string;
  readonly maxConnections?: number;
  readonly purge?: boolean;
  readonly dryRun?: boolean;
}

export function declareRelayCommands(program: CliCommand): void {
  const relay = program
    .command("relay")
    .description("HAProxy alone on another server, which passes clients on to this one or to several");
  declareRender(relay);
  declareStart(relay);
  declareStop(relay);
  declareStatus(relay);
}

function declareRender(relay: CliCommand): void {
  describing(relay.command("render"))
    .description("write what a relay runs from into a folder, to be copied to its server")
    .option("--folder <dir>", "where the files go", "relay")
    .writes()
    .examples([
      "mtproxy relay render --to proxy.example.com:8443",
      "mtproxy relay render --to 192.0.2.7:443,2 --to 192.0.2.8:443 --folder /root/relay",
    ])
    .runs(
      async (ctx, { folder = "relay", to, port, ...flags }: Flags) => {
        if (to === undefined) throw noTarget();
        const { renderRelayFolder } = await import("../app/relay/render-relay.ts");
        return renderRelayFolder(ctx, { ...flags, to, ports: port, folder });
      },
      async (data, style) => (await import("../ui/relay-views.ts")).renderedRelayView(data, style),
    );
}

function declareStart(relay: CliCommand): void {
  placed(describing(relay.command("start")))
    .description("run a relay on this machine, with Docker; what runs takes changes over and cuts nobody")
    .writes()
    .examples([
      "mtproxy relay start --to proxy.example.com:8443 --port 8443",
      "mtproxy relay start --to 192.0.2.7:443,2 --to 192.0.2.8:443",
      "mtproxy relay start",
    ])
    .runs(
      async (ctx, { folder, port, to, image, maxConnections, dryRun }: Flags) =>
        (await import("../app/relay/start-relay.ts")).startRelay(ctx, {
          ...{ to, image, maxConnections, dryRun },
          ports: port,
          folder: placeOf(ctx, folder),
        }),
      async (data, style) => (await import("../ui/relay-views.ts")).startedRelayView(data, style),
    );
}

function declareStop(relay: CliCommand): void {
  placed(relay.command("stop"))
    .description("take the relay away from this machine; whoever is connected is cut, and its files stay")
    .option("--purge", "take its files away too")
    .writes()
    .examples(["mtproxy relay stop", "mtproxy relay stop --purge"])
    .runs(
      async (ctx, { folder, purge, dryRun }: Flags) =>
        (await import("../app/relay/stop-relay.ts")).stopRelay(ctx, { folder: placeOf(ctx, folder), purge, dryRun }),
      async (data, style) => (await import("../ui/relay-views.ts")).stoppedRelayView(data, style),
    );
}

function declareStatus(relay: CliCommand): void {
  placed(relay.command("status"))
    .description("whether the relay runs, and which of its servers it reaches; exit 9 when clients get nowhere")
    .examples(["mtproxy relay status", "mtproxy relay status --json"])
    .runs(
      async (ctx, { folder }: Flags) =>
        (await import("../app/relay/relay-state.ts")).showRelay(ctx, placeOf(ctx, folder)),
      async (data, style) => (await import("../ui/relay-views.ts")).relayStateView(data, style),
    );
}

/** What a relay is. */
function describing(command: CliCommand): CliCommand {
  return command
    .option(
      "--to <host:port[,weight]>",
      "proxy server that clients are passed on to; may be given several times",
      (text: string, before: readonly RelayTarget[] = []) => [...before, parseRelayTarget(text)],
    )
    .option(
      "--port <port>",
      "port of the relay, the one that links name; may be given several times (443)",
      (text: string, before: readonly number[] = []) => [...new Set([...before, parsePort(text)])],
    )
    .option("--image <image>", "image of HAProxy (haproxy:3.0)", parseImageName)
    .option(
      "--max-connections <n>",
      "clients at a time (8000)",
      parseCount("--max-connections", countBounds.maxConnections),
    );
}

function placed(command: CliCommand): CliCommand {
  return command.option("--folder <dir>", "where the relay's files are (relay, in the home)");
}

function placeOf({ paths }: CommandContext, folder: string | undefined): string {
  return folder === undefined ? resolve(paths.home, "relay") : resolve(folder);
}

function noTarget(): AppError {
  return new AppError("usage", "a relay passes clients on to somebody", {
    hint: "mtproxy relay render --to HOST:PORT",
  });
}
