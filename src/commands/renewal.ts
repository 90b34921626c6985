import type { AskRenewal } from "../app/routing/renewal.ts";
import { HAPROXY_NAME } from "../domain/edge.ts";
import type { CommandContext } from "./command.ts";

/**
 * Asks before HAProxy's container is made anew, which cuts everybody who is connected once. True without a question where it need not
 * be, and where nobody is connected.
 */
export function asksForRenewal(ctx: CommandContext): AskRenewal {
  return async (settings) => {
    const { cutByRenewal } = await import("../app/routing/renewal.ts");
    const connections = await cutByRenewal(ctx, settings);
    if (connections === undefined || connections === 0) return true;
    const { counted } = await import("../ui/units.ts");
    const many = connections === null ? "everybody who is connected" : counted(connections, "connection");
    return ctx.ask.confirm(`${HAPROXY_NAME} must be made anew, which cuts ${many} once. Now?`);
  };
}
