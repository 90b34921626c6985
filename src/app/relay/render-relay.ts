import { join, resolve } from "node:path";
import type { Context } from "../../context.ts";
import type { RelayTarget } from "../../domain/relay.ts";
import { renderRelay } from "../../render/relay.ts";
import type { Outcome } from "../outcome.ts";
import { chooseRelay, type RelayOptions, writeRelay } from "./relay-folder.ts";

export interface RenderRelayOptions extends RelayOptions {
  readonly folder: string;
  readonly dryRun?: boolean | undefined;
}

export interface RenderedRelay {
  /** Absolute. */
  readonly folder: string;
  readonly ports: readonly number[];
  readonly targets: readonly RelayTarget[];
  /** Absolute paths; those that a dry run would write, too. */
  readonly files: readonly string[];
}

/** Writes what a relay on another server runs from into a folder, to be copied there. Needs no home, and no Docker. */
export async function renderRelayFolder(ctx: Context, options: RenderRelayOptions): Promise<Outcome<RenderedRelay>> {
  const { dryRun, folder: given, ...wanted } = options;
  const folder = resolve(given);
  const relay = chooseRelay(wanted, undefined);
  const files = renderRelay(relay).map(({ path }) => join(folder, path));
  if (dryRun !== true) await writeRelay(ctx, folder, relay);
  return { data: { folder, ports: relay.ports, targets: relay.targets, files } };
}
