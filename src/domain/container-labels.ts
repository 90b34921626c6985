/** Compose's name for everything of ours on a Docker host. */
export const composeProject = "familytraffic-mtproxy";

/** Labels that say on the container itself what it is, so that nothing needs to be remembered about it elsewhere. */
export const containerLabels = {
  shard: "familytraffic.shard",
  /** `b` on the second instance of a shard; the first has none. */
  side: "familytraffic.instance",
  /** See render/config-digest.ts: the rest of the configuration without the keys, and which keys there are. */
  restDigest: "familytraffic.rest-digest",
  keyDigests: "familytraffic.key-digests",
  /** The container of HAProxy: digest of what it was made from. */
  haproxy: "familytraffic.haproxy",
  /** See render/config-digest.ts. */
  configDigest: "familytraffic.config-digest",
  /** Port of /stats inside the container. */
  statsPort: "familytraffic.stats-port",
  /** Throwaway containers that find out what an image can do. */
  probe: "familytraffic.probe",
} as const;
