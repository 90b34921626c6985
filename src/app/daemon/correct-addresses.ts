import type { Haproxy, TableEntry } from "../../haproxy.ts";

const [USERS, ADDRESSES, COUNTER] = ["table_users", "table_addresses", "gpc1"] as const;

/**
 * HAProxy adds one to a person's counter for each address that it has not seen for long; that an address was not seen for so long
 * makes nothing smaller. So the counter is set to the number of addresses that the table still has.
 */
export async function correctAddresses(haproxy: Haproxy): Promise<void> {
  const [people, addresses] = [await haproxy.table(USERS), countByUser(await haproxy.table(ADDRESSES))];
  for (const { key, fields } of people) {
    const wanted = addresses.get(key) ?? 0;
    if (Number(fields[COUNTER]) === wanted) continue;
    // Somebody may have come since: then it is right the next time.
    const [now] = await haproxy.table(USERS, key);
    if (now?.fields[COUNTER] === fields[COUNTER]) await haproxy.setTableValue(USERS, key, COUNTER, wanted);
  }
}

/** Keys are `NAME/NETWORK`. */
function countByUser(entries: readonly TableEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of entries) {
    const name = key.slice(0, key.lastIndexOf("/"));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
