import type { Deployment } from "../../domain/deployment.ts";
import { configDigest } from "../../render/config-digest.ts";
import { renderDocker } from "../../render/docker.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import { renderTrialConfig, trialConfigDigest } from "../../render/trial-config.ts";

/** What a deployment looks like on disk. */
export interface Rendering {
  readonly files: readonly RenderedFile[];
  /** Configuration digest by shard id: what an instance that runs it reports. */
  readonly digests: ReadonlyMap<number, string>;
  readonly containerUser: Deployment["containerUser"];
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
  };
}
