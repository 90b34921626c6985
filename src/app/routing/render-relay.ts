import { join, resolve } from "node:path";
import type { Context } from "../../context.ts";
import type { RelayTarget } from "../../domain/relay.ts";
import { defaultSettings } from "../../domain/settings.ts";
import { renderRelay } from "../../render/relay.ts";
import type { Outcome } from "../outcome.ts";

export interface RenderRelayOptions {
  readonly to: readonly RelayTarget[];
  readonly port: number;
  readonly folder: string;
  readonly image?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface RenderedRelay {
  /** Absolute. */
  readonly folder: string;
  readonly port: number;
  readonly targets: readonly RelayTarget[];
  /** Absolute paths; those that a dry run would write, too. */
  readonly files: readonly string[];
}

/** Writes what a relay on another server runs from into a folder, to be copied there. Needs no home. */
export async function renderRelayFolder(ctx: Context, options: RenderRelayOptions): Promise<Outcome<RenderedRelay>> {
  const { to, port, image = defaultSettings.haproxyImage, maxConnections = defaultSettings.maxConnections } = options;
  const folder = resolve(options.folder);
  const files = renderRelay({ port, targets: to, image, maxConnections });
  const data = { folder, port, targets: to, files: files.map(({ path }) => join(folder, path)) };
  if (options.dryRun === true) return { data };
  for (const path of [folder, join(folder, "relay")]) await ctx.files.makeFolder(path, { mode: 0o755 });
  for (const { path, content, mode } of files)
    await ctx.files.write(join(folder, path), content, { mode, exactMode: true });
  return { data };
}
