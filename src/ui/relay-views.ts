import type { RenderedRelay } from "../app/routing/render-relay.ts";
import type { Style } from "../commands/command.ts";

/** What was written, and how the relay comes to life. */
export function renderedRelayView({ folder, port, files, targets }: RenderedRelay, style: Style): string {
  return [
    `${style.good("✓")} A relay for ${targets.length === 1 ? "one server" : `${targets.length} servers`} on port ${port}:`,
    ...files.map((path) => `  ${path}`),
    "",
    "Next:",
    `  1. copy ${folder} to the relay's server and type there: docker compose up -d`,
    "  2. on each server that it passes clients on to: mtproxy config set relays THE-RELAY'S-ADDRESS",
    "  3. where links shall name the relay: mtproxy set-host THE-RELAY, and the relay's port the one of the links",
  ].join("\n");
}
