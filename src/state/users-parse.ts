import { parseGroup } from "../domain/group.ts";
import type { FormerSecret, User } from "../domain/user.ts";
import {
  isPeriod,
  isUnlimited,
  MOST_CONNECTIONS,
  type QuotaPeriod,
  RATE_BOUNDS,
  type UserLimits,
} from "../domain/user-limits.ts";
import { readSecret } from "./client-form.ts";
import { Fields, flag, isObject, type JsonObject, listOf, parsed, type Rule, text, wholeNumber } from "./fields.ts";
import { present } from "./present.ts";
import { type Chosen, isOursAlone, readRecords } from "./users-records.ts";

/** users.json as this product sees it. */
export interface UsersState {
  readonly users: readonly User[];
  /** What is odd without being an error: names that we would refuse, doubles, fields that contradict each other. */
  readonly warnings: readonly string[];
  /** Whether we made the user's record and nobody added a field: then removing the user removes the whole record. */
  isOurs(name: string): boolean;
  /** Lower-case name → index of the record. */
  readonly chosen: Chosen;
}

/**
 * Only our own fields are validated, and `null` counts as absent.
 * @throws AppError invalid with path, record and field
 */
export function parseUsers(content: string, path: string): UsersState {
  const { chosen, all, warnings } = readRecords(content, path);
  const users: User[] = [];
  const odd: string[] = [];
  const fields = new Fields({}, path, "users");
  for (const index of Uint32Array.from(chosen.values()).sort()) {
    const record = all[index] as JsonObject;
    const user = parseUser(record, fields.turnTo(record, index));
    users.push(user);
    const contradiction = contradictionOf(user, record, path);
    if (contradiction !== undefined) odd.push(contradiction);
  }
  return {
    users,
    chosen,
    warnings: [...warnings, ...odd, ...sharedKeys(users, path)],
    isOurs: (name) => {
      const index = chosen.get(name.toLowerCase());
      return index !== undefined && isOursAlone(all[index] as JsonObject);
    },
  };
}

const secretText = parsed("a secret in the form that clients get", readSecret);
const anyText = text();
const texts = listOf(anyText);
const groupName = parsed("the name of a group", parseGroup);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const instant: Rule<string> = {
  expects: "a time such as 2027-01-31T00:00:00.000Z",
  read: (value) =>
    typeof value === "string" && INSTANT.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined,
};

function parseUser(record: JsonObject, fields: Fields): User {
  const { username, uuid, proxy_password } = record;
  fields.get("mtproxy_fake_tls", flag);
  fields.get("mtproxy_fake_tls_domain", anyText);
  const user: User = present({
    name: String(username),
    uuid: typeof uuid === "string" && uuid !== "" ? uuid : undefined,
    hasProxyPassword: typeof proxy_password === "string" && proxy_password !== "",
    secret: fields.get("mtproxy_secret", secretText),
    enabled: fields.get("mtproxy_enabled", flag) ?? true,
    createdAt: fields.get("mtproxy_created_at", anyText) || undefined,
  });
  return seldom.some((name) => Object.hasOwn(record, name)) ? { ...user, ...parseSeldom(fields) } : user;
}

/** Fields that few people have: of 10,000 they are looked for once each. */
const seldom = [
  "mtproxy_note",
  "mtproxy_tags",
  "mtproxy_group",
  "mtproxy_expires_at",
  "mtproxy_limits",
  "mtproxy_previous_secret",
];

function parseSeldom(fields: Fields): Partial<User> {
  return present({
    note: fields.get("mtproxy_note", anyText) || undefined,
    tags: fields.get("mtproxy_tags", texts),
    group: fields.get("mtproxy_group", groupName),
    expiresAt: fields.get("mtproxy_expires_at", instant),
    limits: limitsOf(fields.get("mtproxy_limits", limitsObject)),
    former: formerSecret(fields),
  });
}

const limitsObject: Rule<UserLimits> = {
  expects:
    'limits such as {"connections":20,"addresses":3,"quota_bytes":50000000000,"quota_period":"month","rate":2000000}',
  read: (value) => (isObject(value) ? readLimits(value) : undefined),
};
const amount = wholeNumber(1, 1e15);
const number = wholeNumber(1, MOST_CONNECTIONS);
const bytesASecond = wholeNumber(RATE_BOUNDS.least, RATE_BOUNDS.most);

/** Undefined when one of them is not as it must be; what else is in there is of a later version. */
function readLimits(limits: JsonObject): UserLimits | undefined {
  const { connections, addresses, quota_bytes, quota_period } = limits;
  const counts = { connections: optional(connections, number), addresses: optional(addresses, number) };
  const rate = optional(limits.rate, bytesASecond);
  const bytes = optional(quota_bytes, amount);
  const period = optional(quota_period, periodName);
  if ([counts.connections, counts.addresses, bytes, period, rate].includes(null)) return undefined;
  const quota = typeof bytes === "number" ? { bytes, period: period ?? ("month" as const) } : undefined;
  return present({
    connections: counts.connections ?? undefined,
    addresses: counts.addresses ?? undefined,
    quota,
    rate: rate ?? undefined,
  });
}

const periodName: Rule<QuotaPeriod> = {
  expects: "month or 30d",
  read: (value) => (typeof value === "string" && isPeriod(value) ? value : undefined),
};

/** Undefined for what is not there, null for what is not as it must be. */
function optional<T>(value: unknown, rule: Rule<T>): T | null | undefined {
  return value === undefined || value === null ? undefined : (rule.read(value) ?? null);
}

function limitsOf(limits: UserLimits | undefined): UserLimits | undefined {
  return limits === undefined || isUnlimited(limits) ? undefined : limits;
}

function formerSecret(fields: Fields): FormerSecret | undefined {
  const secret = fields.get("mtproxy_previous_secret", secretText);
  return secret && { secret, until: fields.need("mtproxy_previous_until", instant) };
}

/** The secret decides; the fields beside it are for readers who do not take secrets apart. */
function contradictionOf({ name, secret }: User, record: JsonObject, path: string): string | undefined {
  const says = record.mtproxy_fake_tls;
  if (secret === undefined || typeof says !== "boolean" || says === (secret.mode === "fake-tls")) return undefined;
  return `${path}: mtproxy_fake_tls of "${name}" is ${says}, but the secret is a ${secret.mode} one; the secret counts`;
}

/** Who was given somebody else's key cannot be cut off alone. */
function sharedKeys(users: readonly User[], path: string): string[] {
  const holders = new Map<string, string>();
  const warnings: string[] = [];
  for (const { name, secret } of users) {
    if (secret === undefined) continue;
    const other = holders.get(secret.key.reveal());
    if (other === undefined) holders.set(secret.key.reveal(), name);
    else warnings.push(`${path}: "${other}" and "${name}" have the same key: mtproxy regenerate-user-secret ${name}`);
  }
  return warnings;
}
