import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Relay, RelayTarget } from "../../domain/relay.ts";
import { defaultSettings } from "../../domain/settings.ts";
import { readRelay, relayFiles, renderRelay } from "../../render/relay.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import { present } from "../../state/present.ts";

/** A relay as somebody asks for it; what is absent is as it was, or its default. */
export interface RelayOptions {
  readonly to?: readonly RelayTarget[] | undefined;
  readonly ports?: readonly number[] | undefined;
  readonly image?: string | undefined;
  readonly maxConnections?: number | undefined;
}

const DEFAULTS = {
  ports: [443],
  image: defaultSettings.haproxyImage,
  maxConnections: defaultSettings.maxConnections,
} as const;

/**
 * @param before the relay as it was rendered last
 * @throws AppError usage when nobody said where clients are passed on to
 */
export function chooseRelay({ to, ...options }: RelayOptions, before: Relay | undefined): Relay {
  const targets = to ?? before?.targets;
  if (targets !== undefined) return { ...DEFAULTS, ...before, ...present(options), targets };
  throw new AppError("usage", "a relay passes clients on to somebody: --to HOST:PORT says to whom", {
    hint: "mtproxy relay start --to proxy.example.com:8443",
  });
}

/** The relay that is rendered in a folder; undefined when none is. */
export async function findRelay(ctx: Context, folder: string): Promise<Relay | undefined> {
  const [config, compose] = await Promise.all(
    [relayFiles.config, relayFiles.compose].map((leaf) => ctx.files.readText(join(folder, leaf))),
  );
  return config === undefined || compose === undefined ? undefined : readRelay(config, compose);
}

/** @throws AppError not-found */
export async function needRelay(ctx: Context, folder: string): Promise<Relay> {
  const relay = await findRelay(ctx, folder);
  if (relay !== undefined) return relay;
  throw new AppError("not-found", `there is no relay in ${folder}`, {
    hint: "mtproxy relay start --to HOST:PORT makes one; --folder DIR names another place",
  });
}

/** Writes what differs. @returns what was there, so that it can be put back */
export async function writeRelay(ctx: Context, folder: string, relay: Relay): Promise<readonly RenderedFile[]> {
  const files = renderRelay(relay);
  for (const path of [folder, join(folder, "haproxy")]) await ctx.files.makeFolder(path, { mode: 0o755 });
  const before: RenderedFile[] = [];
  for (const file of files) {
    const path = join(folder, file.path);
    const content = await ctx.files.readText(path);
    if (content === file.content) continue;
    if (content !== undefined) before.push({ ...file, content });
    await ctx.files.write(path, file.content, { mode: file.mode, exactMode: true });
  }
  return before;
}
