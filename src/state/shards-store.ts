import { parseIpv4 } from "../domain/address.ts";
import { toHex } from "../domain/bytes.ts";
import { parseGroup } from "../domain/group.ts";
import { Key } from "../domain/key.ts";
import {
  emptyBook,
  type Move,
  type RevokedKey,
  type Shard,
  type ShardBook,
  type Slot,
  sharedHolder,
} from "../domain/shard.ts";
import { isUserName } from "../domain/user.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import {
  type Fields,
  flag,
  type JsonObject,
  listOf,
  mapOf,
  oneOf,
  parsed,
  portNumber,
  type Rule,
  text,
  wholeNumber,
} from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

const SALT_BYTES = 32;
const MAX_ID = 1_000_000;

/** A home without the file has an empty book, with a fresh salt that is settled by the first write. */
export function createShardsStore(parts: StoreParts): DefaultedStore<ShardBook> {
  const store = createJsonStore(parts, { path: parts.paths.shards, parse, format });
  return withDefault(store, () => emptyBook(toHex(parts.random.bytes(SALT_BYTES))));
}

const key = parsed("a key of 32 hex digits", (digits) => Key.parse(digits));
const digits32 = text("32 hex digits", /^[0-9a-f]{32}$/i);
const holder: Rule<string> = {
  expects: `a user name or ${sharedHolder}`,
  read: (value) => (typeof value === "string" && (value === sharedHolder || isUserName(value)) ? value : undefined),
};
const groupName = parsed("the name of a group", parseGroup);
const ipv4 = parsed("an IPv4 address", parseIpv4);

function parse(fields: Fields): ShardBook {
  const shards = fields.objects("shards", parseShard);
  refuseDoubles(
    fields,
    "id",
    shards.map(({ id }) => id),
  );
  refuseDoubles(
    fields,
    "port",
    shards.map(({ port }) => port),
  );
  refuseDoubles(
    fields,
    "key",
    shards.flatMap(({ slots }) => slots.map((slot) => slot.key.reveal())),
  );
  const salt = fields.need("salt", text("64 hex digits", /^[0-9a-f]{64}$/));
  return {
    shards,
    salt,
    retiredPorts: fields.get("retired_ports", listOf(portNumber)) ?? [],
    revoking: fields.objects("revoking", parseRevoked),
    moving: fields.objects("moving", parseMove),
    ...present({ linkedHost: fields.get("linked_host", text("a server name", /^\S+$/)) }),
  };
}

function parseRevoked(fields: Fields): RevokedKey {
  return {
    key: fields.need("key", key),
    holder: fields.need("holder", holder),
    shardId: fields.need("shard_id", wholeNumber(1, MAX_ID)),
  };
}

function parseMove(fields: Fields): Move {
  return {
    holder: fields.need("holder", holder),
    fromPort: fields.need("from_port", portNumber),
    toPort: fields.need("to_port", portNumber),
  };
}

function parseShard(fields: Fields): Shard {
  return {
    id: fields.need("id", wholeNumber(1, MAX_ID)),
    family: fields.need("family", oneOf("obfuscated", "fake-tls", "any")),
    port: fields.need("port", portNumber),
    slots: fields.objects("slots", parseSlot),
    coverDomains: fields.get("cover_domains", listOf(text("a domain", /^\S+$/))) ?? [],
    pinned: fields.get("pinned", mapOf(ipv4)) ?? {},
    ...present({ tag: fields.get("tag", digits32), group: fields.get("group", groupName) }),
  };
}

function parseSlot(fields: Fields): Slot {
  const digits = fields.need("key", key);
  const held = fields.get("holder", holder);
  if (held === undefined) return { key: digits };
  return { key: digits, holder: held, ...(fields.get("disabled", flag) === true ? { disabled: true } : {}) };
}

/** Two shards of one id or port, or one key in two slots, would make two processes out of one. */
function refuseDoubles(fields: Fields, what: string, values: readonly unknown[]): void {
  if (new Set(values).size !== values.length) throw fields.refuse("shards", `has the same ${what} twice`);
}

function format({ shards, salt, retiredPorts, revoking, moving, linkedHost }: ShardBook): JsonObject {
  return present({
    salt,
    linked_host: linkedHost,
    retired_ports: retiredPorts,
    revoking: filled(revoking.map(({ key, holder, shardId }) => ({ key: key.reveal(), holder, shard_id: shardId }))),
    moving: filled(moving.map(({ holder, fromPort, toPort }) => ({ holder, from_port: fromPort, to_port: toPort }))),
    shards: shards.map(formatShard),
  });
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function formatShard({ id, family, port, tag, group, coverDomains, pinned, slots }: Shard): JsonObject {
  const listed = slots.map(({ key, holder, disabled }) => present({ key: key.reveal(), holder, disabled }));
  return present({ id, family, port, tag, group, cover_domains: coverDomains, pinned, slots: listed });
}
