import { createHash } from "node:crypto";
import relayTemplate from "../../templates/relay.cfg.tmpl";
import relayCompose from "../../templates/relay-compose.yml.tmpl";
import relayReadme from "../../templates/relay-readme.md.tmpl";
import { containerLabels } from "../domain/container-labels.ts";
import { edgeFolders } from "../domain/edge-folders.ts";
import { RELAY_NAME, type Relay, type RelayTarget } from "../domain/relay.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { fillTemplate } from "./template.ts";
import { composeString } from "./yaml.ts";

/** HAProxy's configuration within a relay's folder, and the Compose file that tells its image. */
export const relayFiles = { config: "haproxy/haproxy.cfg", compose: "docker-compose.yml" } as const;

/** What HAProxy's worker runs as; on the relay's server nobody else is. */
const USER = { uid: "10003", gid: "10003" };

/** What a relay runs from, for a folder of its server. `folders`: where HAProxy has its sockets. */
export function renderRelay(relay: Relay, folders: { readonly run: string } = edgeFolders): RenderedFile[] {
  const { ports, image, maxConnections } = relay;
  return [
    file(relayFiles.config, configOf(relay, folders, relayDigest(relay, folders))),
    file(
      relayFiles.compose,
      // A connection takes two, and HAProxy some for itself.
      fillTemplate(relayCompose, {
        config: edgeFolders.config,
        run: edgeFolders.run,
        name: RELAY_NAME,
        label: containerLabels.haproxy,
        image: composeString(image),
        openFiles: String(2 * maxConnections + 200),
      }),
    ),
    // Whoever types compose in the folder means the same containers as we do.
    file(".env", `COMPOSE_PROJECT_NAME=${RELAY_NAME}\n`),
    file("README.md", fillTemplate(relayReadme, { name: RELAY_NAME, ports: ports.join(", ") })),
  ];
}

function configOf(
  { ports, targets, maxConnections }: Relay,
  { run }: { readonly run: string },
  digest: string,
): string {
  return fillTemplate(relayTemplate, {
    ...USER,
    run,
    digest,
    maxConnections: String(maxConnections),
    binds: ports.flatMap((port) => [`bind 0.0.0.0:${port}`, `bind [::]:${port} v6only`]).join("\n"),
    servers: targets.map(serverLine).join("\n"),
  });
}

/** HAProxy reports the one of what it loaded. */
export function relayDigest(relay: Relay, folders: { readonly run: string } = edgeFolders): string {
  return createHash("sha256")
    .update(configOf(relay, folders, ""))
    .digest("hex")
    .slice(0, 16);
}

function serverLine({ host, port, weight }: RelayTarget, index: number): string {
  const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return `server ${targetName(index)} ${place} weight ${weight}`;
}

/** HAProxy's name for a target. */
export function targetName(index: number): string {
  return `server${index + 1}`;
}

/** Undefined for files that are no relay's. */
export function readRelay(config: string, compose: string): Relay | undefined {
  const ports = [...config.matchAll(/^ *bind 0\.0\.0\.0:(\d+)$/gm)].map(([, port]) => Number(port));
  const servers = config.matchAll(/^ *server server\d+ (?:\[([^\]]+)\]|([^\s:]+)):(\d+) weight (\d+)$/gm);
  const targets = [...servers].map(([, bracketed, plain, port, weight]) => ({
    host: bracketed ?? plain ?? "",
    port: Number(port),
    weight: Number(weight),
  }));
  const [, maxConnections] = /^ *maxconn (\d+)$/m.exec(config) ?? [];
  const [, image] = /^ *image: "?([^"\s]+)"?$/m.exec(compose) ?? [];
  if (ports.length === 0 || targets.length === 0 || maxConnections === undefined || image === undefined)
    return undefined;
  return { ports, targets, image, maxConnections: Number(maxConnections) };
}

function file(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o644, forContainer: false };
}
