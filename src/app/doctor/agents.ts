import { AGENTS_AWAY, agentStates, agentTrouble, allAgentsAway } from "../watching/agent-states.ts";
import { type Check, failed, NotExamined, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

export const agentsCheck: Check = {
  id: "agents",
  title: "two agents tell HAProxy who is connecting",
  run: async (exam) => {
    await requireEdge(exam);
    const states = await agentStates(exam.ctx);
    const troubles = states.flatMap((state) => agentTrouble(state) ?? []);
    const [first] = troubles;
    if (first === undefined) return ok("both answer, with the latest keys");
    const words = troubles.map((trouble) => trouble.words).join("; ");
    if (allAgentsAway(states)) return failed(`${AGENTS_AWAY} (${words})`, first.remedy);
    return states.some(({ current }) => current === false) ? failed(words, first.remedy) : warning(words, first.remedy);
  },
};

/** @throws NotExamined where HAProxy does not route */
export async function requireEdge(exam: Examination): Promise<void> {
  if ((await exam.settings()).routing !== "edge") throw new NotExamined("HAProxy does not route here");
}
