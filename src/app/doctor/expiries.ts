import { hasPassed } from "../../domain/expiry.ts";
import { hasSecret } from "../../domain/user.ts";
import { type Check, failed, ok, some, warning } from "./check.ts";

/** The timer comes every five minutes. */
const LATE_MS = 15 * 60_000;

export const expiriesCheck: Check = {
  id: "expiries",
  title: "links that have expired are ended",
  run: async (exam) => {
    const state = await exam.state();
    const users = state.users.filter(hasSecret);
    const { clock, stores } = exam.ctx;
    const due = new Date(clock.now().getTime() - LATE_MS);
    const expired = users.filter((user) => user.enabled && hasPassed(user.expiresAt, due));
    const overlapping = users.filter((user) => hasPassed(user.former?.until, due));
    const late = [...expired.map(({ name }) => name), ...overlapping.map(({ name }) => `${name} (the old link)`)];
    if (late.length > 0)
      return failed(
        state.settings.routing === "edge"
          ? `should have ended, and only HAProxy's agents refuse them: ${some(late, 10)}`
          : `should have ended and still work: ${some(late, 10)}`,
        "mtproxy tick, then mtproxy doctor schedule",
      );
    const { notBefore } = await stores.retry.read();
    if (notBefore !== undefined)
      return warning(`changes could not be made live, and are tried again at ${notBefore}`, "mtproxy apply shows why");
    return ok("nothing has expired that still works");
  },
};
