import type { Deployment } from "../domain/deployment.ts";
import { composeEnv, composeFile, composeService } from "./compose.ts";
import { configDigest } from "./config-digest.ts";
import type { RenderedFile } from "./rendered-file.ts";
import { renderScripts } from "./scripts.ts";
import { renderShardFolder } from "./shard-folder.ts";

export const COMPOSE_PATH = "docker-compose.yml";
export const ENV_PATH = ".env";

/** Everything that the engine `docker` runs from: compose file, its variables, the scripts, and a folder a shard. */
export function renderDocker(deployment: Deployment): RenderedFile[] {
  const services = deployment.shards.map((shard) =>
    composeService(deployment, shard.shard, configDigest(deployment, shard)),
  );
  return [
    forHost(COMPOSE_PATH, composeFile(deployment, services)),
    forHost(ENV_PATH, composeEnv(deployment)),
    ...renderScripts(),
    ...deployment.shards.flatMap((shard) => renderShardFolder(deployment, shard)),
  ];
}

function forHost(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o600, forContainer: false };
}
