import { createHash } from "node:crypto";
import type { Deployment, ShardDeployment } from "../domain/deployment.ts";
import { composeEnv, composeFile, composeService } from "./compose.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { renderScripts } from "./scripts.ts";
import { MULTI_CONF, renderShardFolder } from "./shard-folder.ts";

/**
 * Tells whether a running container has what is rendered now: SHA-256 (hex) over everything of a shard that takes a restart to
 * change. Not over proxy-multi.conf: `config_md5` in /stats proves that one. The keys in it have 128 random bits each, so
 * nothing about them follows from the digest.
 */
export function configDigest(deployment: Deployment, shard: ShardDeployment): string {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Uint8Array): void => {
    hash.update(`${name}\0${Buffer.byteLength(content)}\0`).update(content);
  };
  add("image", deployment.engineRecord.image?.imageId ?? "");
  add("compose", composeFile(deployment, [composeService(deployment, shard.shard, "")]));
  add("env", composeEnv(deployment));
  for (const { path, content } of restartFiles(deployment, shard)) add(path, content);
  return hash.digest("hex");
}

function restartFiles(deployment: Deployment, shard: ShardDeployment): RenderedFile[] {
  const files = [...renderScripts(), ...renderShardFolder(deployment, shard)];
  return files.filter(({ path }) => !path.endsWith(`/${MULTI_CONF}`));
}
