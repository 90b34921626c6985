import { formerEngine } from "../live/former-engine.ts";
import { type Check, failed, ok } from "./check.ts";

export const formerEngineCheck: Check = {
  id: "former-engine",
  title: "nothing of an engine that was in use before runs",
  run: async (exam) => {
    const former = await formerEngine(exam.ctx, await exam.settings());
    if (former === undefined) return ok("only one engine ever served this home, or the former one is gone");
    return failed(
      `what the engine ${former} ran for this home before may STILL LET PEOPLE IN`,
      "mtproxy apply ends it",
    );
  },
};
