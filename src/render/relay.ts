import relayTemplate from "../../templates/relay.cfg.tmpl";
import relayCompose from "../../templates/relay-compose.yml.tmpl";
import type { Relay, RelayTarget } from "../domain/relay.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { fillTemplate } from "./template.ts";
import { composeString } from "./yaml.ts";

/** What a relay runs from, for a folder of another server. */
export function renderRelay(relay: Relay): RenderedFile[] {
  const { port, targets, image, maxConnections } = relay;
  return [
    file(
      "relay/haproxy.cfg",
      fillTemplate(relayTemplate, {
        port: String(port),
        maxConnections: String(maxConnections),
        servers: targets.map(serverLine).join("\n"),
      }),
    ),
    // A connection takes two, and HAProxy some for itself.
    file(
      "docker-compose.yml",
      fillTemplate(relayCompose, { image: composeString(image), openFiles: String(2 * maxConnections + 200) }),
    ),
  ];
}

function serverLine({ host, port, weight }: RelayTarget, index: number): string {
  const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return `server server${index + 1} ${place} weight ${weight}`;
}

function file(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o644, forContainer: false };
}
