import { formatInstant } from "../domain/expiry.ts";
import { ownerOf } from "../domain/numbers/month-report.ts";

/** Whose an account of the ledger is: `alice`, `alice, until 2026-11-21 12:00 UTC` for who had the name before, `Shared secret s1a2b3c`. */
export function accountWords(account: string): string {
  const { username, until } = ownerOf(account);
  if (username === null)
    return account === "secret:*" ? "Shared secrets" : `Shared secret ${account.slice("secret:".length)}`;
  return until === null ? username : `${username}, until ${formatInstant(until)}`;
}
