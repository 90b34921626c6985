import { createHash } from "node:crypto";
import haproxyTemplate from "../../templates/haproxy.cfg.tmpl";
import spoeTemplate from "../../templates/spoe.cfg.tmpl";
import { recordFormat } from "../domain/connection-record.ts";
import type { EdgeConfig, EdgeShard } from "../domain/edge.ts";
import { edgeFolders } from "../domain/edge-folders.ts";
import { emptyPlace, type ShardPlace, shardPlaces } from "../domain/edge-places.ts";
import { AppError } from "../domain/errors.ts";
import { spoeQuestion, spoeVariables } from "../domain/spoe.ts";
import { endOfPatience, hastyStrangers, inspectDelay, siteBackends, siteFiles, siteSections } from "./cover-site.ts";
import { rateFilters, rateRules, rateTable, renderedRates } from "./rates.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { refusedSources, sourceFiles } from "./sources.ts";
import { fillTemplate } from "./template.ts";

const FOLDER = "haproxy";

/** haproxy.cfg and the file that tells it how to ask the agents. `folders`: where HAProxy finds what it works with. */
export function renderHaproxy(edge: EdgeConfig, folders: Folders = edgeFolders): RenderedFile[] {
  return [
    file("haproxy.cfg", haproxyConfig(edge, folders)),
    file(
      "spoe.cfg",
      fillTemplate(spoeTemplate, { ...spoeQuestion, variables: Object.values(spoeVariables).join(" ") }),
    ),
    ...siteFiles(edge.site, FOLDER),
    ...sourceFiles(edge.sources, FOLDER),
  ];
}

function file(leaf: string, content: string): RenderedFile {
  return { path: `${FOLDER}/${leaf}`, content, mode: 0o644, forContainer: false };
}

type Folders = Readonly<Record<keyof typeof edgeFolders, string>>;

function haproxyConfig(edge: EdgeConfig, folders: Folders): string {
  return configWith(edge, folders, haproxyShape(edge, folders));
}

function configWith(edge: EdgeConfig, folders: Folders, digest: string): string {
  return fillTemplate(haproxyTemplate, {
    ...folders,
    uid: String(edge.user.uid),
    gid: String(edge.user.gid),
    digest,
    maxConnections: String(edge.maxConnections),
    maxConnectionsPerSource: String(edge.maxConnectionsPerSource),
    addressWindow: String(edge.addressWindow),
    record: recordFormat,
    binds: edge.ports.flatMap((port) => [`bind 0.0.0.0:${port}`, `bind [::]:${port} v6only`]).join("\n"),
    subnet: edge.subnet,
    relays: relayRules(edge.relays ?? []),
    sources: refusedSources(edge.sources, folders),
    rateTable: rateTable(edge.rates),
    rateFilters: rateFilters(edge.rates),
    rateRules: rateRules(edge.rates),
    inspectDelay: inspectDelay(edge),
    strangers: hastyStrangers(edge),
    endOfPatience: endOfPatience(edge),
    openBackends: openBackends(edge.shards),
    siteBackends: siteBackends(edge.site),
    servers: edge.servers.map((server) => serverLine(edge, server)).join("\n"),
    backends: [...shardPlaces(edge.shards, edge.places).map(shardBackend), ...siteSections(edge, folders)].join("\n\n"),
  });
}

/**
 * Tells whether HAProxy must load its configuration anew: digest of everything that no command changes while it runs, without the
 * people, the addresses of instances and which of the places are taken. HAProxy reports the one that it has.
 */
function haproxyShape(edge: EdgeConfig, folders: Folders): string {
  const shards = edge.shards.map((shard) => ({ ...shard, ...emptyPlace }));
  return createHash("sha256")
    .update(configWith({ ...edge, shards, servers: [] }, folders, ""))
    .update(spoeTemplate)
    .update(JSON.stringify([spoeQuestion, spoeVariables, edge.site, edge.sources]))
    .digest("hex")
    .slice(0, 16);
}

/** The digest in a configuration that was rendered. */
export function shapeOf(config: string): string | undefined {
  return /^ *description (\w+)$/m.exec(config)?.[1];
}

/** In a configuration that was rendered before: what it has is kept where nothing speaks against it. */
interface ReadHaproxy {
  readonly ports: readonly number[];
  /** Addresses by domain. */
  readonly sites: Readonly<Record<string, string>>;
  readonly rates: readonly number[];
  readonly places: number;
}

export function readHaproxy(config: string): ReadHaproxy {
  const ports = [...config.matchAll(/^ *bind 0\.0\.0\.0:(\d+)$/gm)].map(([, port]) => Number(port));
  const addresses = new Map(
    [...config.matchAll(/^backend (site\d+)\n *server site ([\d.]+):443$/gm)].map(([, name, address]) => [
      name,
      address,
    ]),
  );
  const named = [...config.matchAll(/^ *use_backend (site\d+) if \{ req\.ssl_sni -m str (?:-i )?(\S+) \}$/gm)];
  const sites = named.flatMap(([, name, domain = ""]) => {
    const address = addresses.get(name);
    return address === undefined ? [] : [[domain, address] as const];
  });
  const places = [...config.matchAll(/^backend shard\d+$/gm)].length;
  return { ports, sites: Object.fromEntries(sites), rates: renderedRates(config), places };
}

/** Their word for whom they pass on is taken, and nobody else's. A relay's health check says nothing, which is no record. */
function relayRules(relays: readonly string[]): string {
  if (relays.length === 0) return "";
  return ["option dontlognull", `tcp-request connection expect-proxy layer4 if { src ${relays.join(" ")} }`].join("\n");
}

/** Who was never identified from its address goes to the first shard of its kind, or, where there is none, to the site. */
function openBackends(shards: readonly EdgeShard[]): string {
  const hello = shards.find(({ kind }) => kind === "fake-tls");
  const header = shards.find(({ kind }) => kind === "obfuscated");
  return [
    ...(hello === undefined ? [] : [`use_backend shard${hello.id} if is_open is_tls`]),
    ...(header === undefined ? [] : [`use_backend shard${header.id} if is_open !is_tls`]),
  ].join("\n");
}

function serverLine({ shards }: EdgeConfig, { name, shardId }: { name: string; shardId: number }): string {
  const shard = shards.find(({ id }) => id === shardId);
  if (shard === undefined) throw new AppError("bug", `${name} is on shard ${shardId}, which the edge does not know`);
  return `server ${serverName(name)} ${shard.address}:${shard.port}`;
}

/** Nothing that HAProxy would read as more than a name. */
function serverName(name: string): string {
  if (/^[\w.:-]{1,64}$/.test(name) && name !== "nobody") return name;
  throw new AppError("bug", "a name cannot be that of a server of HAProxy");
}

function shardBackend({ id, address, port }: ShardPlace): string {
  return `backend shard${id}\n    server now ${address}:${port}`;
}
