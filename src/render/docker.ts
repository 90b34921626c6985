import type { Deployment, ShardDeployment } from "../domain/deployment.ts";
import { composeEnv, composeFile, composeService } from "./compose.ts";
import { configDigest, configParts } from "./config-digest.ts";
import { haproxyService } from "./edge-service.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { renderScripts } from "./scripts.ts";
import { renderShardFolder } from "./shard-folder.ts";

export const COMPOSE_PATH = "docker-compose.yml";
export const ENV_PATH = ".env";

/** Everything that the engine `docker` runs from: compose file, its variables, the scripts, and a folder a shard. */
export function renderDocker(deployment: Deployment): RenderedFile[] {
  const services = [
    ...deployment.shards.flatMap((shard) => shardServices(deployment, shard)),
    ...haproxyService(deployment),
  ];
  return [
    forHost(COMPOSE_PATH, composeFile(deployment, services)),
    forHost(ENV_PATH, composeEnv(deployment)),
    ...renderScripts(),
    ...deployment.shards.flatMap((shard) => renderShardFolder(deployment, shard)),
  ];
}

/** In edge routing two a shard, so that one can replace the other. */
function shardServices(deployment: Deployment, shard: ShardDeployment): string[] {
  const digest = configDigest(deployment, shard);
  if (deployment.edge === undefined) return [composeService(deployment, shard.shard, { configDigest: digest })];
  const labels = { configDigest: digest, parts: configParts(deployment, shard) };
  return [composeService(deployment, shard.shard, labels, "a"), composeService(deployment, shard.shard, labels, "b")];
}

function forHost(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o600, forContainer: false };
}
