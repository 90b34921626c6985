import haproxyTemplate from "../../templates/haproxy.cfg.tmpl";
import spoeTemplate from "../../templates/spoe.cfg.tmpl";
import { recordFormat } from "../domain/connection-record.ts";
import type { CoverSite, EdgeConfig, EdgeShard } from "../domain/edge.ts";
import { AppError } from "../domain/errors.ts";
import { spoeQuestion, spoeVariables } from "../domain/spoe.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { fillTemplate } from "./template.ts";

/** Folders as HAProxy's container has them mounted. */
export const edgeFolders = {
  config: "/familytraffic/haproxy",
  run: "/familytraffic/run",
  agents: "/familytraffic/agents",
} as const;

const FOLDER = "haproxy";
/** A first byte tells at once who is no client, where only hellos are served; a header cannot be told before all of it is here. */
const INSPECT_DELAY = { helloOnly: "10s", withHeaders: "1200ms" } as const;

/** haproxy.cfg and the file that tells it how to ask the agents. `folders`: where HAProxy finds what it works with. */
export function renderHaproxy(
  edge: EdgeConfig,
  folders: Readonly<Record<keyof typeof edgeFolders, string>> = edgeFolders,
): RenderedFile[] {
  return [
    file("haproxy.cfg", haproxyConfig(edge, folders)),
    file(
      "spoe.cfg",
      fillTemplate(spoeTemplate, { ...spoeQuestion, variables: Object.values(spoeVariables).join(" ") }),
    ),
  ];
}

function file(leaf: string, content: string): RenderedFile {
  return { path: `${FOLDER}/${leaf}`, content, mode: 0o644, forContainer: false };
}

function haproxyConfig(edge: EdgeConfig, folders: Readonly<Record<keyof typeof edgeFolders, string>>): string {
  const servesHeaders = edge.shards.some(({ kind }) => kind === "obfuscated");
  return fillTemplate(haproxyTemplate, {
    ...folders,
    uid: String(edge.user.uid),
    gid: String(edge.user.gid),
    maxConnections: String(edge.maxConnections),
    maxConnectionsPerSource: String(edge.maxConnectionsPerSource),
    addressWindow: String(edge.addressWindow),
    record: recordFormat,
    binds: edge.ports.flatMap((port) => [`bind 0.0.0.0:${port}`, `bind [::]:${port} v6only`]).join("\n"),
    inspectDelay: servesHeaders ? INSPECT_DELAY.withHeaders : INSPECT_DELAY.helloOnly,
    strangers: servesHeaders ? "" : HELLO_ONLY,
    openBackends: openBackends(edge.shards),
    siteBackends: siteBackends(edge.site),
    servers: edge.servers.map((server) => serverLine(edge, server)).join("\n"),
    backends: [...edge.shards.map(shardBackend), ...siteSections(edge.site)].join("\n\n"),
  });
}

/** Where only hellos are served nobody waits who cannot be sending one. */
const HELLO_ONLY = `acl is_other req.payload(0,1) -m found
tcp-request content set-var(sess.verdict) str(stranger) if is_other !{ req.payload(0,1) -m bin 16 }
tcp-request content accept if { var(sess.verdict) -m found }`;

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

function shardBackend({ id, address, port }: EdgeShard): string {
  return `backend shard${id}\n    server now ${address}:${port}`;
}

function siteBackends(site: CoverSite): string {
  if (site.kind === "local") return "default_backend site";
  const named = site.domains.map(({ domain }, index) => `use_backend site${index} if { req.ssl_sni -m str ${domain} }`);
  return [...named, "default_backend site0"].join("\n");
}

function siteSections(site: CoverSite): string[] {
  if (site.kind === "local") return [`backend site\n    server site ${site.address}:${site.port}`];
  return site.domains.map(({ address }, index) => `backend site${index}\n    server site ${address}:443`);
}
