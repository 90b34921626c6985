import type { SwitchedRouting } from "../app/routing/switch-routing.ts";
import type { Style } from "../commands/command.ts";
import { counted } from "./units.ts";

export function switchedRoutingView(data: SwitchedRouting, style: Style): string {
  const { routing, changed, live, haproxyImage, subnet, agents, toRun, proved } = data;
  const what = routing === "edge" ? "HAProxy routes" : "Every proxy has its own public port";
  const title = live ? `${style.good("✓")} ${what}${changed ? "" : ", as before"}` : `Would be so: ${what}`;
  const details =
    routing === "edge"
      ? [
          `  HAProxy: ${haproxyImage}`,
          `  Network: ${subnet ?? "-"}`,
          ...(live ? [`  Agents: ${agents} of 2 answer`] : []),
          ...(toRun.length === 0 ? [] : ["  To be run beside it, and started again when it ends:"]),
          ...toRun.map((command) => `    ${command}`),
        ]
      : [];
  const proof = live ? [`  Links: none changed; ${counted(proved, "was", "were")} proved with a handshake`] : [];
  return [title, ...details, ...proof].join("\n");
}
