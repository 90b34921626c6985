import { describeHolder } from "../../domain/plan/claim.ts";
import { type Check, failed, ok, some } from "./check.ts";

export const revocationsCheck: Check = {
  id: "revocations",
  title: "nobody gets in whose key was taken away",
  run: async (exam) => {
    const { revocations } = await exam.backlog();
    const holders = [...new Set(revocations.map(({ holder }) => describeHolder(holder)))];
    if (holders.length === 0) return ok("every key that was taken away is dead");
    return failed(`STILL GET IN although their keys were taken away: ${some(holders, 10)}`, "mtproxy apply");
  },
};
