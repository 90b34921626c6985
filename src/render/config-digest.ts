import { createHash, type Hash } from "node:crypto";
import type { ConfigParts } from "../domain/config-parts.ts";
import type { Deployment, ShardDeployment } from "../domain/deployment.ts";
import type { Key } from "../domain/key.ts";
import { composeEnv, composeFile, composeService } from "./compose.ts";
import { renderScripts } from "./scripts.ts";
import { MULTI_CONF, renderShardFolder } from "./shard-folder.ts";

/**
 * Tells whether a running container has what is rendered now: SHA-256 (hex) over everything of a shard that takes a restart to
 * change. Not over proxy-multi.conf: `config_md5` in /stats proves that one. The keys in it have 128 random bits each, so
 * nothing about them follows from the digest.
 */
export function configDigest(deployment: Deployment, shard: ShardDeployment): string {
  const digests = digestsOf(deployment);
  const digest = digests.shards.get(shard) ?? shardDigest(deployment, shard, digests.common);
  digests.shards.set(shard, digest);
  return digest;
}

function shardDigest(deployment: Deployment, shard: ShardDeployment, common: string): string {
  const hash = createHash("sha256").update(common);
  add(hash, "service", composeService(deployment, shard.shard, { configDigest: "" }));
  for (const { path, content } of renderShardFolder(deployment, shard)) {
    if (!path.endsWith(`/${MULTI_CONF}`)) add(hash, path, content);
  }
  return hash.digest("hex");
}

/** The same in two parts, for edge routing. Twelve digits of a key's digest are enough to tell keys of one home apart. */
export function configParts(deployment: Deployment, shard: ShardDeployment): ConfigParts {
  const rest = createHash("sha256").update(digestsOf(deployment).common);
  add(rest, "service", composeService(deployment, shard.shard, { configDigest: "" }));
  for (const { path, content } of renderShardFolder(deployment, shard)) {
    if (!path.endsWith("/keys") && !path.endsWith(`/${MULTI_CONF}`)) add(rest, path, content);
  }
  return { rest: rest.digest("hex"), keys: shard.liveKeys.map(({ key }) => keyDigest(key)) };
}

/** As in {@link ConfigParts}. */
export function keyDigest(key: Key): string {
  return createHash("sha256").update(`key ${key.reveal()}`).digest("hex").slice(0, 12);
}

/** What all shards of a deployment have in common is hashed once, and each shard once: a home may have hundreds of them. */
const known = new WeakMap<Deployment, { readonly common: string; readonly shards: Map<ShardDeployment, string> }>();

function digestsOf(deployment: Deployment) {
  const digests = known.get(deployment) ?? { common: commonDigest(deployment), shards: new Map() };
  known.set(deployment, digests);
  return digests;
}

function commonDigest(deployment: Deployment): string {
  const hash = createHash("sha256");
  add(hash, "image", deployment.engineRecord.image?.imageId ?? "");
  add(hash, "compose", composeFile(deployment, []));
  add(hash, "env", composeEnv(deployment));
  for (const { path, content } of renderScripts()) add(hash, path, content);
  return hash.digest("hex");
}

/** With its length, so that no two lists of parts read the same. */
function add(hash: Hash, name: string, content: string | Uint8Array): void {
  hash.update(`${name}\0${Buffer.byteLength(content)}\0`).update(content);
}
