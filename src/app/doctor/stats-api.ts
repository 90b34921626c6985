import { apiTrouble, seeStatsApi } from "../stats-api/stats-api-state.ts";
import { type Check, ok, skipped, warning } from "./check.ts";

export const statsApiCheck: Check = {
  id: "stats-api",
  title: "figures are served where they shall be",
  run: async (exam) => {
    const settings = await exam.settings();
    if (!settings.statsApi) return skipped("no figures shall be served");
    const seen = await seeStatsApi(exam.ctx, settings);
    const trouble = apiTrouble(exam.ctx, seen);
    if (trouble !== undefined) return warning(trouble.words, trouble.remedy);
    const asked = settings.statsApiToken ? "whoever has the token" : "everybody on this machine, without a token";
    return ok(`${seen.report?.addresses.join(" and ")} answers ${asked}`);
  },
};
