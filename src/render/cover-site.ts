import pageTemplate from "../../templates/haproxy-page.cfg.tmpl";
import type { CoverSite, EdgeConfig } from "../domain/edge.ts";
import { SITE_PORT, siteAddress } from "../domain/site-address.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { fillTemplate } from "./template.ts";

/** HAProxy's own page ends a connection that says nothing, and a handshake or request that does not go on, after so many seconds. */
const PAGE_PATIENCE = 10;
/** A client whose hello comes in pieces is given this long before a site whose patience nobody knows takes it over, seconds. */
const UNKNOWN_PATIENCE = 3;
/** Who has not sent a whole header by then is taken to the site, milliseconds. */
const HEADER_WAIT_MS = 1200;

/** How long HAProxy waits for first bytes that tell something. */
export function inspectDelay(edge: EdgeConfig): string {
  return servesHeaders(edge) ? `${HEADER_WAIT_MS}ms` : duration(patienceOf(edge.site) ?? UNKNOWN_PATIENCE);
}

/** HAProxy takes whole numbers only. */
function duration(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(1000 * seconds)}ms`;
}

/** Where only hellos are served nobody waits who cannot be sending one. */
export function hastyStrangers(edge: EdgeConfig): string {
  return servesHeaders(edge) ? "" : HELLO_ONLY;
}

const HELLO_ONLY = `acl is_other req.payload(0,1) -m found
tcp-request content set-var(sess.verdict) var(sess.nobody) if is_other !{ req.payload(0,1) -m bin 16 }
tcp-request content accept if { var(sess.verdict) -m found }`;

/**
 * What comes of silence and of half a hello. Where headers are served the site gets them soon, and ends them itself; otherwise they
 * have waited as long as the site would let them. A record that can never be whole is the site's at once.
 */
export function endOfPatience(edge: EdgeConfig): string {
  return servesHeaders(edge) || patienceOf(edge.site) === undefined ? "" : CLOSE_HALF;
}

/** 0x3c00 bytes and their header are all that HAProxy's buffer takes. */
const CLOSE_HALF = `acl is_started  req.len ge 5
acl is_overlong req.payload(3,1),hex -m reg ^(3[C-F]|[4-9A-F])
tcp-request content reject if !is_started
tcp-request content reject if is_tls !is_overlong !is_hello`;

function patienceOf(site: CoverSite): number | undefined {
  return site.kind === "page" ? PAGE_PATIENCE : site.patience;
}

function servesHeaders({ shards }: EdgeConfig): boolean {
  return shards.some(({ kind }) => kind === "obfuscated");
}

/** Which backend a stranger gets: SNI decides among the listed domains only. */
export function siteBackends(site: CoverSite): string {
  if (site.kind !== "domains") return "default_backend site";
  const named = site.domains.map(({ domain }, index) => `use_backend site${index} if { req.ssl_sni -m str ${domain} }`);
  return [...named, "default_backend site0"].join("\n");
}

export function siteSections(edge: EdgeConfig, folders: { readonly config: string; readonly run: string }): string[] {
  const { site } = edge;
  if (site.kind === "page") return [pageSections(edge, folders)];
  if (site.kind === "server")
    return [
      `backend site\n    server site ${site.address}:${site.port}`,
      ...(standsAtDoor(site) ? [] : [forShards(edge)]),
    ];
  if (site.domains.length === 0) return ["backend site0"];
  return site.domains.map(({ address }, index) => `backend site${index}\n    server site ${address}:443`);
}

/** A web server at this machine's own port 443 has it at every address as a rule: where the shards look for it too. */
function standsAtDoor({ address, port }: { readonly address: string; readonly port: number }): boolean {
  return port === SITE_PORT && address.startsWith("127.");
}

/** A cover domain that is this server leads the shards' strangers here. */
function forShards({ subnet }: EdgeConfig): string {
  return `frontend site_door
    no log
    bind ${siteAddress(subnet)}:443 transparent
    default_backend site`;
}

function pageSections({ subnet }: EdgeConfig, folders: { readonly config: string; readonly run: string }): string {
  return fillTemplate(pageTemplate, {
    config: folders.config,
    run: folders.run,
    // Nobody else gets into their folder, and HAProxy has no right to give files away.
    owner: "mode 666",
    address: siteAddress(subnet),
    patience: `${PAGE_PATIENCE}s`,
  }).trimEnd();
}

/** What the page consists of, beside haproxy.cfg. */
export function siteFiles(site: CoverSite, folder: string): RenderedFile[] {
  if (site.kind !== "page") return [];
  return [
    { path: `${folder}/site.pem`, content: site.certificate, mode: 0o600, forContainer: false },
    { path: `${folder}/site.html`, content: site.page, mode: 0o644, forContainer: false },
  ];
}
