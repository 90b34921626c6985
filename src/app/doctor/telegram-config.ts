import { ageInWords, ageOf } from "../../domain/telegram-record.ts";
import { type Check, failed, ok, skipped, warning } from "./check.ts";

const DAY_MS = 86_400_000;
/** It changes every few weeks, and the old addresses answer for a while; a daily refresh that failed twice is worth a look. */
const LATE_MS = 3 * DAY_MS;
const STALE_MS = 14 * DAY_MS;

export const telegramConfigCheck: Check = {
  id: "telegram-config",
  title: "age of proxy-multi.conf",
  run: async (exam) => {
    const { engine } = await exam.settings();
    if (engine === "trial") return skipped("the trial engine knows Telegram's datacenters by itself");
    const { stores, clock } = exam.ctx;
    const hint = "mtproxy refresh-config";
    if ((await stores.telegram.read()) === undefined)
      return failed("Telegram's proxy-secret and proxy-multi.conf are not here", hint);
    const { proxyMultiConf } = await stores.telegramRecord.read();
    const age = ageOf(proxyMultiConf, clock.now());
    if (age === undefined) return warning("nobody knows how old proxy-multi.conf is", hint);
    const words = `proxy-multi.conf was found current ${ageInWords(age)} ago`;
    if (age > STALE_MS) return failed(`${words}: Telegram's servers may have moved`, hint);
    return age > LATE_MS ? warning(words, hint) : ok(words);
  },
};
