import { createHash } from "node:crypto";
import type { Deployment } from "../domain/deployment.ts";
import { AppError } from "../domain/errors.ts";
import type { RenderedFile } from "./rendered-file.ts";

/** What the trial engine's background server reads: the contents of `trial.json`. */
export interface TrialConfigFile {
  readonly about: string;
  /** Tells configurations apart: the same for the same rest of the file. */
  readonly configDigest: string;
  readonly shardId: number;
  readonly port: number;
  /** Name or address in the links: the server does not take itself for its cover site. */
  readonly publicHost: string;
  /** 32 hex digits each. */
  readonly keys: readonly { readonly key: string; readonly holder?: string }[];
  /** The first is what strangers see, at `address` (`host:port`) where its address is pinned. */
  readonly covers: readonly { readonly domain: string; readonly address?: string }[];
  /** Telegram datacenters, id → `host:port`, all of them; those that the server knows when absent. */
  readonly datacenters?: Readonly<Record<string, string>>;
  readonly limits: { readonly maxConnections: number };
}

export const TRIAL_CONFIG_PATH = "trial.json";

const ABOUT = "Generated from the state of this home; change it with mtproxy commands, not here. Holds keys.";

/** The configuration of the one process that serves all under the trial engine. */
export function renderTrialConfig(deployment: Deployment): RenderedFile {
  const rest = describe(deployment);
  const file: TrialConfigFile = { about: ABOUT, configDigest: digestOf(rest), ...rest };
  const content = `${JSON.stringify(file, null, 2)}\n`;
  return { path: TRIAL_CONFIG_PATH, content, mode: 0o600, forContainer: false };
}

/** The digest inside a rendered configuration: what a server that runs with it reports. */
export function trialConfigDigest(deployment: Deployment): string {
  return digestOf(describe(deployment));
}

type Rest = Omit<TrialConfigFile, "about" | "configDigest">;

function describe({ settings, shards }: Deployment): Rest {
  const [only, ...others] = shards;
  if (only === undefined || others.length > 0) {
    throw new AppError("bug", `the trial engine serves one shard, not ${shards.length}`);
  }
  const { shard, liveKeys } = only;
  return {
    shardId: shard.id,
    port: shard.port,
    publicHost: settings.publicHost,
    keys: liveKeys.map(({ key, holder }) => ({ key: key.reveal(), ...(holder === undefined ? {} : { holder }) })),
    covers: shard.coverDomains.map((domain) => ({ domain, ...pinnedAddress(shard.pinned[domain]) })),
    ...(settings.trialDatacenters === undefined ? {} : { datacenters: settings.trialDatacenters }),
    limits: { maxConnections: settings.maxConnections },
  };
}

/** Strangers are always taken to the port of HTTPS, as the C proxy does (net-tcp-rpc-ext-server.c:526). */
function pinnedAddress(address: string | undefined): { address?: string } {
  return address === undefined ? {} : { address: `${address}:443` };
}

function digestOf(rest: Rest): string {
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex");
}
