/** Names that HAProxy's configuration and the agents must have in common. */

/** The SPOE message that asks who is connecting, and its arguments. */
export const spoeQuestion = { message: "who", source: "src", data: "data" } as const;

/**
 * The session's variables that an answer sets, without HAProxy's prefix: `why` always, `user` where the holder is known, and for who gets
 * in `server`, `shard` and the limits that there are.
 */
export const spoeVariables = {
  why: "why",
  user: "user",
  server: "server",
  shard: "shard",
  maxConnections: "max_connections",
  maxAddresses: "max_addresses",
  rate: "rate",
} as const;
