import { AppError } from "../../domain/errors.ts";
import { rateWarnings } from "../routing/known-haproxy.ts";
import { agentStates } from "../watching/agent-states.ts";
import { requireEdge } from "./agents.ts";
import { type Check, type Finding, failed, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

export const haproxyCheck: Check = {
  id: "haproxy",
  title: "HAProxy runs, and finds the agents",
  run: async (exam) => {
    await requireEdge(exam);
    try {
      const haproxy = await exam.ctx.haproxy();
      const [{ version, connections, maxConnections, lostRecords }, found, states] = await Promise.all([
        haproxy.info(),
        haproxy.counts("agents"),
        agentStates(exam.ctx),
      ]);
      const isUp = (agent: number) =>
        found.some(({ name, status }) => name === `agent${agent}` && status.startsWith("UP"));
      const lost = states.filter(({ agent, condition }) => condition === "answers" && !isUp(agent));
      if (lost.length > 0)
        return failed(
          `HAProxy does not reach agent ${lost.map(({ agent }) => agent).join(" and ")}, which answers`,
          "mtproxy doctor agents; mtproxy restart where that finds nothing",
        );
      if (lostRecords > 0)
        return warning(
          `HAProxy could not write ${lostRecords} lines of its log: the last bytes of as many connections may be missing in what people used`,
          "mtproxy doctor disk; the engine must take what its containers print",
        );
      const [powerless] = await withoutRates(exam);
      if (powerless !== undefined) return powerless;
      return ok(`HAProxy ${version} has ${connections} of ${maxConnections} connections`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return failed(`HAProxy does not answer, so nobody gets in: ${error.message}`, "mtproxy start");
    }
  },
};

/** People whose limit it cannot keep. */
async function withoutRates(exam: Examination): Promise<Finding[]> {
  const { users, engineRecord, settings } = await exam.state();
  return rateWarnings(users, engineRecord, settings).map((said) => {
    const [reason = "", hint = ""] = said.split(/: (?=mtproxy )/);
    return warning(reason, hint);
  });
}
