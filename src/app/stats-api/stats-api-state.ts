import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { defaultHome } from "../../domain/home.ts";
import type { Settings } from "../../domain/settings.ts";
import { type DaemonState, daemonState } from "../daemon/daemon-state.ts";
import { type ApiReport, readApiReport } from "./api-report.ts";
import { tokenPath } from "./token.ts";

/** The stats API as it shall be, and as it is. */
export interface StatsApiState {
  readonly enabled: boolean;
  readonly listening: boolean;
  /** What to open on this machine: `http://127.0.0.1:8889/`. */
  readonly url: string;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** ISO 8601; null while it does not listen. */
  readonly since: string | null;
  /** Of the daemon that serves it; null while none runs. */
  readonly version: string | null;
  readonly tokenRequired: boolean;
  /** Null where none is asked for. */
  readonly tokenFile: string | null;
  /** Whose pages may ask too; null for nobody's. */
  readonly origin: string | null;
  /** What is typed on a laptop or phone to look from there. */
  readonly ssh: string;
  /** Why it does not listen. */
  readonly fault: string | null;
}

/** What an admin should know of it, and what helps. */
export interface ApiTrouble {
  readonly words: string;
  readonly remedy: string;
}

const SSH_PORT = 22;

interface Seen {
  readonly settings: Settings;
  readonly daemon: DaemonState;
  readonly report: ApiReport | undefined;
}

export async function seeStatsApi(ctx: HostContext, settings: Settings): Promise<Seen> {
  const [daemon, report] = await Promise.all([daemonState(ctx), readApiReport(ctx)]);
  return { settings, daemon, report };
}

/** Who would come through ssh, and where it is let in. */
export interface Login {
  readonly name: string;
  /** Undefined for the usual one, 22. */
  readonly port?: number | undefined;
}

export function stateOf(ctx: HostContext, seen: Seen, login: Login): StatsApiState {
  const { settings, daemon, report } = seen;
  const { statsApi, statsApiPort: port, statsApiToken, statsApiOrigin, publicHost } = settings;
  const addresses = report?.addresses ?? [];
  return {
    enabled: statsApi,
    listening: addresses.length > 0,
    url: `http://127.0.0.1:${port}/`,
    addresses,
    since: report?.since ?? null,
    version: daemon.version,
    tokenRequired: statsApiToken,
    tokenFile: statsApiToken ? tokenPath(ctx.paths) : null,
    origin: statsApiOrigin || null,
    ssh: `ssh -N -L ${port}:127.0.0.1:${port} ${sshPlace(login, publicHost)}`,
    fault: apiTrouble(ctx, seen)?.words ?? null,
  };
}

function sshPlace({ name, port = SSH_PORT }: Login, host: string): string {
  return `${port === SSH_PORT ? "" : `-p ${port} `}${name}@${host}`;
}

/** Undefined while it does what the settings want. */
export function apiTrouble(ctx: HostContext, { settings, daemon, report }: Seen): ApiTrouble | undefined {
  if (!settings.statsApi) return undefined;
  if (daemon.condition === "gone")
    return { words: "the daemon, which serves the stats API, does not run", remedy: daemonRemedy(ctx) };
  if (report?.fault != null)
    return {
      words: `the stats API does not listen: ${report.fault}`,
      remedy: report.remedy ?? "mtproxy stats-api status",
    };
  if (report !== undefined && report.addresses.length > 0) return undefined;
  const words = daemon.outdated
    ? "the daemon is another version than the one that is installed, and serves no stats API"
    : "the daemon does not serve the stats API yet";
  return { words, remedy: daemonRemedy(ctx) };
}

function daemonRemedy(ctx: HostContext): string {
  return `systemctl restart familytraffic-mtproxy-daemon where systemd has it (mtproxy stats-api start puts it there), or run ${daemonCommand(ctx)}`;
}

export function daemonCommand({ paths }: HostContext): string {
  return paths.home === defaultHome ? "mtproxy daemon" : `mtproxy --home ${paths.home} daemon`;
}

export function unhealthy({ words, remedy }: ApiTrouble): AppError {
  return new AppError("unhealthy", words, { hint: remedy });
}
