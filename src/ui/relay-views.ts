import { placeOf, type RelayState, type TargetState } from "../app/relay/relay-state.ts";
import type { RenderedRelay } from "../app/relay/render-relay.ts";
import type { StartedRelay } from "../app/relay/start-relay.ts";
import type { StoppedRelay } from "../app/relay/stop-relay.ts";
import type { Style } from "../commands/command.ts";
import { counted } from "./units.ts";

/** What was written, and how the relay comes to life. */
export function renderedRelayView({ folder, ports, files, targets }: RenderedRelay, style: Style): string {
  return [
    `${style.good("✓")} A relay for ${servers(targets)} on ${onPorts(ports)}:`,
    ...files.map((path) => `  ${path}`),
    "",
    "Next:",
    `  1. copy ${folder} to the relay's server and type there: docker compose up -d`,
    ...onServers(2),
  ].join("\n");
}

export function startedRelayView(data: StartedRelay, style: Style): string {
  const { changed, running, targets, ports, folder } = data;
  const what = `${servers(targets)} on ${onPorts(ports)}`;
  if (!running) return `Would start a relay for ${what} from ${folder}`;
  const title = `${style.good("✓")} The relay passes clients on to ${what}${changed ? "" : ", as before"}`;
  return [title, ...targets.map((target) => targetLine(target, style)), "", "Next:", ...onServers(1)].join("\n");
}

export function stoppedRelayView({ folder, changed, purged }: StoppedRelay, style: Style): string {
  const files = purged ? "its files are gone" : `its files stay in ${folder}`;
  return `${style.good("✓")} ${changed ? "The relay is taken away" : "No relay runs"}; ${files}`;
}

export function relayStateView(data: RelayState, style: Style): string {
  const { running, version, ports, folder, image } = data;
  const state = running ? style.good("runs") : style.bad("does not run");
  return [
    `Relay: ${state} on ${onPorts(ports)}`,
    `  Folder: ${folder}`,
    `  HAProxy: ${version ?? "-"} (${image})`,
    ...data.targets.map((target) => targetLine(target, style)),
  ].join("\n");
}

/** That the health of a server is not known yet is nothing to say. */
function targetLine(target: TargetState, style: Style): string {
  const { up, connections, weight } = target;
  const state = up === false ? style.bad("takes no connections") : up === null ? "-" : style.good("up");
  const clients = connections === null ? "" : `, ${counted(connections, "client")}`;
  return `  ${placeOf(target)}: ${state}${clients}${weight === 1 ? "" : `, weight ${weight}`}`;
}

function onServers(first: number): string[] {
  return [
    `  ${first}. on each server that it passes clients on to: mtproxy config set relays THE-RELAY'S-ADDRESS`,
    `  ${first + 1}. where links shall name the relay: mtproxy set-host THE-RELAY, and the relay's ports those of the links`,
  ];
}

function servers(targets: readonly unknown[]): string {
  return counted(targets.length, "server").replace(/^1 /, "one ");
}

function onPorts(ports: readonly number[]): string {
  return `${ports.length === 1 ? "port" : "ports"} ${ports.join(", ")}`;
}
