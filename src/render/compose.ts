import serviceTemplate from "../../templates/compose-service.yml.tmpl";
import composeTemplate from "../../templates/docker-compose.yml.tmpl";
import envTemplate from "../../templates/env.tmpl";
import type { ConfigParts } from "../domain/config-parts.ts";
import { composeProject, containerLabels } from "../domain/container-labels.ts";
import { hasOwnSite, NOWHERE } from "../domain/cover-site.ts";
import type { Deployment } from "../domain/deployment.ts";
import { instanceAddress } from "../domain/edge-network.ts";
import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";
import { INNER_PORT, instanceName, type Shard, type Side, shardName } from "../domain/shard.ts";
import { siteAddress } from "../domain/site-address.ts";
import { fillTemplate } from "./template.ts";
import { composeList, composeString } from "./yaml.ts";

/** docker-compose.yml around its services, each as `composeService` gives it. */
export function composeFile(deployment: Deployment, services: readonly string[]): string {
  return fillTemplate(composeTemplate, {
    openFiles: String(openFiles(deployment)),
    statsPort: String(deployment.settings.statsPort),
    services: services.length === 0 ? "{}" : services.join("\n\n"),
    networks: deployment.edge === undefined ? "" : edgeNetwork(deployment.edge.subnet),
  });
}

function edgeNetwork(subnet: string): string {
  return `
networks:
  edge:
    ipam:
      config:
        - subnet: ${composeString(subnet)}
`;
}

interface ServiceLabels {
  readonly configDigest: string;
  /** In edge routing. */
  readonly parts?: ConfigParts;
}

/** The service of a shard's instance. Its label makes compose recreate the container when the digest differs, and tells later what runs. */
export function composeService(
  deployment: Deployment,
  shard: Shard,
  { configDigest, parts }: ServiceLabels,
  side: Side = "a",
): string {
  const { settings, edge } = deployment;
  return fillTemplate(serviceTemplate, {
    name: instanceName(shard.id, side),
    folder: shardName(shard.id),
    reach:
      edge === undefined
        ? `ports: ${composeList([`${shard.port}:${INNER_PORT}`])}`
        : `networks:\n  edge:\n    ipv4_address: ${instanceAddress(edge.subnet, shard.id, side)}`,
    extraHosts: composeList(pins(deployment, shard)),
    labels: [
      label(containerLabels.shard, String(shard.id)),
      ...(side === "a" ? [] : [label(containerLabels.side, side)]),
      label(containerLabels.statsPort, String(settings.statsPort)),
      ...(parts === undefined ? [] : partLabels(parts)),
      label(containerLabels.configDigest, configDigest),
    ].join("\n"),
  }).trimEnd();
}

/** `extra_hosts`. A cover domain that is this server is the site that strangers get. */
function pins({ settings, edge }: Deployment, { coverDomains, pinned }: Shard): string[] {
  const site = edge !== undefined && hasOwnSite(settings) ? siteAddress(edge.subnet) : NOWHERE;
  return coverDomains.flatMap((domain) => {
    const address = pinned[domain];
    return address === undefined ? [] : [`${domain}:${address === NOWHERE ? site : address}`];
  });
}

function partLabels({ rest, keys }: ConfigParts): string[] {
  return [label(containerLabels.restDigest, rest), label(containerLabels.keyDigests, keys.join(" "))];
}

function label(name: string, value: string): string {
  return `${name}: "${value}"`;
}

/** The variables of docker-compose.yml, and the project name for whoever types `docker compose ps` beside it. */
export function composeEnv(deployment: Deployment): string {
  const { uid, gid } = deployment.containerUser;
  return fillTemplate(envTemplate, {
    project: composeProject,
    image: envValue(imageReference(deployment)),
    user: `${uid}:${gid}`,
  });
}

/** By digest once it was pulled, so that the image that was probed is the one that runs. */
function imageReference({ settings, engineRecord: { image } }: Deployment): string {
  return image?.image === settings.image ? (image.digest ?? image.image) : settings.image;
}

/**
 * `ulimits: nofile`: what the connections need, and not more than the host gives: a container that asks for more does not start
 * where the daemon may not raise limits. The proxy itself takes 16 beside `-c`, docker/entrypoint.sh keeps 19.
 */
function openFiles({ settings, engineRecord: { image } }: Deployment): number {
  return Math.min(settings.maxConnections + 64, image?.openFilesLimit ?? Number.POSITIVE_INFINITY);
}

/** .env has no quoting that compose 1.29 and 2.x agree on; an image reference needs none. */
function envValue(text: string): string {
  if (/^[\w./:@-]+$/.test(text)) return text;
  throw new AppError("invalid", `"${shown(text, 80)}" is not the name of an image`, {
    hint: "an image is named like ghcr.io/getpagespeed/mtproxy or name:tag",
  });
}
