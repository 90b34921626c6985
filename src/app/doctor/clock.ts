import { defaultSettings } from "../../domain/settings.ts";
import { type Check, failed, NotExamined, ok, warning } from "./check.ts";
import { clockEffect, clockUrls, clockWords, compareClocks, SET_CLOCK } from "./compare-clocks.ts";

const TIMEOUT_MS = 5000;

export const clockCheck: Check = {
  id: "clock",
  title: "this machine's clock",
  run: async (exam) => {
    const settings = await exam.settings().catch(() => defaultSettings);
    const compared = await compareClocks(exam.ctx, clockUrls(settings), TIMEOUT_MS);
    if ("silence" in compared) throw new NotExamined(`nobody could be asked for the time: ${compared.silence}`);
    const { clock } = compared;
    const effect = clockEffect(clock);
    if (effect === "dead") return failed(`${clockWords(clock)}: every fake-TLS link is dead`, SET_CLOCK);
    if (effect === "near") return warning(`${clockWords(clock)}; fake-TLS links die when it is 3 s behind`, SET_CLOCK);
    const seconds = Math.ceil((Math.abs(clock.aheadMs) + clock.uncertaintyMs) / 1000);
    return ok(`the clock agrees with that of ${clock.host} to ${seconds} s`);
  },
};
