import type { SharedFigures, UserFigures } from "../../domain/numbers/snapshot.ts";
import { counter, type Family, familiesOf, gauge } from "./family.ts";

/** How many people there are, whether they have series of their own or not. */
export function peopleFamilies(users: readonly UserFigures[], leftOut: number): Family[] {
  const states = ["let-in", "refused", "disabled"] as const;
  const people = familiesOf([...states], (state) => ({ state }));
  return [
    people.gauge(
      "mtproxy_users",
      "People with a link: let in, refused for now (expired, quota) or disabled by a command. From users.json, and of quotas the ledger.",
      (state) => users.filter((user) => stateOf(user) === state).length,
    ),
    gauge(
      "mtproxy_users_left_out",
      "People without series of their own, because metrics_users have one. From the setting metrics_users.",
      leftOut,
    ),
  ];
}

/** All shared secrets together: whoever uses one has no name. */
export function sharedFamilies(shared: SharedFigures | null): Family[] {
  if (shared === null) return [];
  const { connections, totalConnections, bytesIn, bytesOut } = shared;
  const source = "over all shared secrets. From the ledger, or the trial engine.";
  return [
    gauge(
      "mtproxy_shared_active_connections",
      "Connections open at the look, over all shared secrets. From HAProxy, or the trial engine.",
      connections,
    ),
    counter("mtproxy_shared_connections_total", `Connections ever, ended and open ones, ${source}`, totalConnections),
    counter("mtproxy_shared_received_bytes_total", `Bytes received from clients ever, above TCP, ${source}`, bytesIn),
    counter("mtproxy_shared_sent_bytes_total", `Bytes sent to clients ever, above TCP, ${source}`, bytesOut),
  ];
}

/** Person by person. Figures of what somebody uses are there with HAProxy routing only (and on the trial engine). */
export function userFamilies(users: readonly UserFigures[]): Family[] {
  const of = familiesOf(users, ({ name }) => ({ user: name }));
  return [
    of.gauge(
      "mtproxy_user_let_in",
      "1 while the person's link lets in, 0 while it is disabled, expired or over its quota. From users.json, and of quotas the ledger.",
      (user) => Number(stateOf(user) === "let-in"),
    ),
    of.gauge(
      "mtproxy_user_active_connections",
      "Connections open at the look; one app opens about eight. From HAProxy, or the trial engine.",
      ({ connections }) => connections,
    ),
    of.counter(
      "mtproxy_user_connections_total",
      "Connections ever, ended and open ones. From HAProxy's log and table, or the trial engine.",
      ({ totalConnections }) => totalConnections,
    ),
    of.counter(
      "mtproxy_user_received_bytes_total",
      "Bytes received from the person ever, above TCP. From the ledger, which counts each byte once, or the trial engine.",
      ({ bytesIn }) => bytesIn,
    ),
    of.counter(
      "mtproxy_user_sent_bytes_total",
      "Bytes sent to the person ever, above TCP. From the ledger, which counts each byte once, or the trial engine.",
      ({ bytesOut }) => bytesOut,
    ),
    of.gauge(
      "mtproxy_user_last_seen_timestamp_seconds",
      "When a connection of theirs last was open or carried a byte, Unix time. From HAProxy's log and counters, or the trial engine.",
      ({ lastSeen }) => unixSeconds(lastSeen),
    ),
    of.gauge(
      "mtproxy_user_households",
      "Distinct households (IPv4 address or IPv6 /64) since midnight UTC. From HAProxy's log and tables.",
      ({ addressesToday }) => addressesToday,
    ),
    of.gauge(
      "mtproxy_user_quota_used_bytes",
      "Bytes in both directions within the quota's period, the calendar month without one. From the ledger, or what the daemon sums of the trial engine.",
      ({ usedBytes }) => usedBytes,
    ),
    of.gauge(
      "mtproxy_user_quota_bytes",
      "What the person may use within a period; absent without a quota. From users.json.",
      ({ limits }) => limits?.quota?.bytes,
    ),
    of.gauge(
      "mtproxy_user_expiry_timestamp_seconds",
      "When the link ends by itself, Unix time; absent where it does not. From users.json.",
      ({ expiresAt }) => unixSeconds(expiresAt),
    ),
  ];
}

function stateOf({ enabled, refusal }: UserFigures): "let-in" | "refused" | "disabled" {
  if (!enabled) return "disabled";
  return refusal === null ? "let-in" : "refused";
}

/** Null for what another program wrote and is no time. */
function unixSeconds(instant: string | null): number | null {
  const milliseconds = Date.parse(instant ?? "");
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
