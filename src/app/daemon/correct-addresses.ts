import type { DeviceSight } from "../../domain/numbers/sightings.ts";
import type { Haproxy, TableEntry } from "../../haproxy.ts";

const [USERS, ADDRESSES, COUNTER] = ["table_users", "table_addresses", "gpc1"] as const;

/**
 * HAProxy adds one to a person's counter for each address that it has not seen for long; that an address was not seen for so long
 * makes nothing smaller. So the counter is set to the number of addresses that the table still has.
 * @returns where the connections come from that are open now
 */
export async function correctAddresses(haproxy: Haproxy): Promise<DeviceSight[]> {
  const [people, entries] = [await haproxy.table(USERS), await haproxy.table(ADDRESSES)];
  const addresses = countByUser(entries);
  for (const { key, fields } of people) {
    const wanted = addresses.get(key) ?? 0;
    if (Number(fields[COUNTER]) === wanted) continue;
    // Somebody may have come since: then it is right the next time.
    const [now] = await haproxy.table(USERS, key);
    if (now?.fields[COUNTER] === fields[COUNTER]) await haproxy.setTableValue(USERS, key, COUNTER, wanted);
  }
  // An entry is in use while a connection of it is open.
  return entries.filter(({ fields }) => Number(fields.use) > 0).map(deviceOf);
}

function countByUser(entries: readonly TableEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { user } of entries.map(deviceOf)) counts.set(user, (counts.get(user) ?? 0) + 1);
  return counts;
}

/** Keys are `NAME/NETWORK`. */
function deviceOf({ key }: TableEntry): DeviceSight {
  const end = key.lastIndexOf("/");
  return { user: key.slice(0, end), network: key.slice(end + 1) };
}
