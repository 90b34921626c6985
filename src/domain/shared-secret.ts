import type { Secret } from "./secret.ts";

/** A secret that belongs to no user: everyone who was given it shares it. */
export interface SharedSecret {
  readonly secret: Secret;
  readonly active: boolean;
  readonly description?: string;
  /** ISO 8601. */
  readonly createdAt?: string;
}
