/** Folders as HAProxy's container has them mounted. */
export const edgeFolders = {
  config: "/familytraffic/haproxy",
  run: "/familytraffic/run",
  agents: "/familytraffic/agents",
} as const;
