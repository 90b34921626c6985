import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { RELAY_RUN, type Relay, type RelayTarget } from "../../domain/relay.ts";
import { defaultSettings } from "../../domain/settings.ts";
import { isRelayFile, readRelay, relayFiles, renderRelay } from "../../render/relay.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";
import { present } from "../../state/present.ts";

/** A relay as somebody asks for it; what is absent is as it was, or its default. */
export interface RelayOptions {
  readonly to?: readonly RelayTarget[] | undefined;
  readonly ports?: readonly number[] | undefined;
  readonly image?: string | undefined;
  readonly maxConnections?: number | undefined;
}

/** HAProxy's own, which it leaves behind. */
const SOCKETS = ["haproxy.sock", "master.sock"] as const;

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

/**
 * Writes what differs.
 * @returns what was there, so that it can be put back
 * @throws AppError conflict when a file of that name is somebody else's; nothing is written then
 */
export async function writeRelay(ctx: Context, folder: string, relay: Relay): Promise<readonly RenderedFile[]> {
  const there = await readFolder(ctx, folder, relay);
  for (const path of [folder, join(folder, "haproxy")]) await ctx.files.makeFolder(path, { mode: 0o755 });
  const changed = there.filter(([file, content]) => content !== file.content);
  for (const [{ path, content, mode }] of changed)
    await ctx.files.write(join(folder, path), content, { mode, exactMode: true });
  return changed.flatMap(([file, content]) => (content === undefined ? [] : [{ ...file, content }]));
}

/**
 * The relay's files, each with what stands there.
 * @throws AppError conflict when one of that name is somebody else's
 */
export function readFolder(ctx: Context, folder: string, relay: Relay) {
  return Promise.all(renderRelay(relay).map(async (file) => [file, await readOwn(ctx, folder, file)] as const));
}

async function readOwn(ctx: Context, folder: string, { path: leaf }: RenderedFile): Promise<string | undefined> {
  const path = join(folder, leaf);
  const content = await ctx.files.readText(path);
  if (content === undefined || isRelayFile(content)) return content;
  throw new AppError("conflict", `${path} is no relay's, and stays as it is`, {
    hint: "--folder DIR names a place for the relay alone",
  });
}

/** Nothing that we did not put there, and the folder itself when it is empty then. */
export async function removeRelay({ files }: Context, folder: string, relay: Relay): Promise<void> {
  for (const { path: leaf } of renderRelay(relay)) {
    const path = join(folder, leaf);
    if (isRelayFile((await files.readText(path)) ?? "")) await files.remove(path);
  }
  for (const leaf of [".lock", ...SOCKETS.map((name) => join(RELAY_RUN, name))]) await files.remove(join(folder, leaf));
  for (const path of [join(folder, RELAY_RUN), join(folder, "haproxy"), folder])
    if ((await files.list(path)).length === 0) await files.removeFolder(path);
}
