import { createHash } from "node:crypto";
import haproxyTemplate from "../../templates/compose-haproxy.yml.tmpl";
import { containerLabels } from "../domain/container-labels.ts";
import type { Deployment } from "../domain/deployment.ts";
import { HAPROXY_NAME } from "../domain/edge.ts";
import { edgeFolders } from "../domain/edge-folders.ts";
import { fillTemplate } from "./template.ts";
import { composeString } from "./yaml.ts";

/** HAProxy's service in the compose file; empty in direct routing. */
export function haproxyService(deployment: Deployment): string[] {
  return deployment.edge === undefined ? [] : [service(deployment, haproxyDigest(deployment))];
}

/** Tells whether the container of HAProxy is made from what is rendered now. Its own configuration is not part of it. */
export function haproxyDigest(deployment: Deployment): string {
  return createHash("sha256").update(service(deployment, "")).digest("hex");
}

function service(deployment: Deployment, digest: string): string {
  return fillTemplate(haproxyTemplate, {
    ...edgeFolders,
    name: HAPROXY_NAME,
    image: composeString(deployment.settings.haproxyImage),
    openFiles: String(haproxyFiles(deployment)),
    label: containerLabels.haproxy,
    digest,
  }).trimEnd();
}

/** A worker keeps some for itself: listeners, checks, connections to the agents. */
const OWN_FILES = 1000;
/** HAProxy serves all shards, and a new shard must not make its container anew. */
const SHARDS = 4;

/** `ulimits: nofile`; a connection takes two. */
function haproxyFiles({ settings, engineRecord: { image } }: Deployment): number {
  const wanted = 2 * SHARDS * settings.maxConnections + OWN_FILES;
  return Math.min(wanted, image?.openFilesLimit ?? Number.POSITIVE_INFINITY);
}

/** What `maxconn` fits the files that the container gets. */
export function haproxyConnections(deployment: Deployment): number {
  return Math.max(100, Math.floor((haproxyFiles(deployment) - OWN_FILES) / 2));
}
