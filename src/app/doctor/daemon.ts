import { daemonState, daemonTrouble } from "../daemon/daemon-state.ts";
import { requireEdge } from "./agents.ts";
import { type Check, ok, warning } from "./check.ts";

export const daemonCheck: Check = {
  id: "daemon",
  title: "the daemon sums what everybody uses, and ends what is over",
  run: async (exam) => {
    await requireEdge(exam);
    const trouble = daemonTrouble(await daemonState(exam.ctx));
    return trouble === undefined ? ok("it runs") : warning(trouble.words, trouble.remedy);
  },
};
