import type { ConfigParts } from "../../domain/config-parts.ts";
import type { Deployment, ShardDeployment } from "../../domain/deployment.ts";
import { configDigest, configParts, keyDigest } from "../../render/config-digest.ts";
import { renderDocker } from "../../render/docker.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import { renderTrialConfig, trialConfigDigest } from "../../render/trial-config.ts";

/** What a deployment looks like on disk. */
export interface Rendering {
  readonly files: readonly RenderedFile[];
  /** Configuration digest by shard id: what an instance that runs it reports. */
  readonly digests: ReadonlyMap<number, string>;
  readonly containerUser: Deployment["containerUser"];
  /** In edge routing, by shard id: what an instance must have to serve everybody whom it shall. */
  readonly needs: ReadonlyMap<number, ConfigParts>;
}

export function renderDeployment(deployment: Deployment): Rendering {
  const { shards, containerUser, settings } = deployment;
  const trial = settings.engine === "trial";
  const digest = trial
    ? () => trialConfigDigest(deployment)
    : (shard: (typeof shards)[number]) => configDigest(deployment, shard);
  return {
    files: trial ? [renderTrialConfig(deployment)] : renderDocker(deployment),
    digests: new Map(shards.map((shard) => [shard.shard.id, digest(shard)])),
    containerUser,
    needs: new Map(
      deployment.edge === undefined ? [] : shards.map((shard) => [shard.shard.id, needsOf(deployment, shard)]),
    ),
  };
}

/** Spare and throwaway keys are nobody's: what runs may lack them. */
function needsOf(deployment: Deployment, shard: ShardDeployment): ConfigParts {
  const held = shard.liveKeys.filter(({ holder }) => holder !== undefined);
  return { rest: configParts(deployment, shard).rest, keys: held.map(({ key }) => keyDigest(key)) };
}
