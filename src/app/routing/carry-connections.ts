import { accountOf } from "../../domain/ledger.ts";
import type { User } from "../../domain/user.ts";
import type { Haproxy, LivingWorker } from "../../haproxy.ts";

const [TABLE, COUNTER] = ["table_before", "gpc0"] as const;

/**
 * A worker counts the connections that it has itself, and after a reload those of before stay with the old one. So of everybody who has
 * a limit the current worker is told how many they have in old ones. It forgets that in ten seconds: whoever tells it may be away.
 * @param workers all that live; asked when absent
 */
export async function carryConnections(
  haproxy: Haproxy,
  people: readonly Pick<User, "name" | "limits">[],
  workers?: readonly LivingWorker[],
): Promise<void> {
  const limited = new Set(people.filter(({ limits }) => limits?.connections !== undefined).map(({ name }) => name));
  if (limited.size === 0) return;
  const { worker, oldWorkers } = await haproxy.processes();
  const told = await haproxy.table(TABLE);
  if (oldWorkers.length === 0 && told.length === 0) return;
  const living = workers ?? (await haproxy.workers());
  const open = openByUser(living.filter(({ pid }) => pid !== worker));
  const over = told.filter(({ key, fields }) => !open.has(key) && fields[COUNTER] !== "0").map(({ key }) => key);
  for (const name of over) await haproxy.setTableValue(TABLE, name, COUNTER, 0);
  for (const [name, count] of open) if (limited.has(name)) await haproxy.setTableValue(TABLE, name, COUNTER, count);
}

function openByUser(workers: readonly LivingWorker[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, open } of workers.flatMap(({ counts }) => counts)) {
    const user = accountOf(name);
    if (open > 0) counts.set(user, (counts.get(user) ?? 0) + open);
  }
  return counts;
}
