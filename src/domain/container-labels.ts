/** Compose's name for everything of ours on a Docker host. */
export const composeProject = "familytraffic-mtproxy";

/** Labels that say on the container itself what it is, so that nothing needs to be remembered about it elsewhere. */
export const containerLabels = {
  shard: "familytraffic.shard",
  /** See render/config-digest.ts. */
  configDigest: "familytraffic.config-digest",
  /** Port of /stats inside the container. */
  statsPort: "familytraffic.stats-port",
  /** Throwaway containers that find out what an image can do. */
  probe: "familytraffic.probe",
} as const;
