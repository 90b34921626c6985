import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { TelegramFiles } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { telegramFileNames } from "../../domain/telegram-record.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type FoundFile, fetchTelegramFile, type WantedFile } from "./fetch-telegram-file.ts";
import { bringFilesLive, type LiveShard } from "./live-telegram-files.ts";

type File = keyof TelegramFiles;

export interface RefreshOptions {
  /** Paths on this host. A file without one is downloaded; it is left alone when the other has one and it is there already. */
  readonly fromFile?: { readonly [file in File]?: string | undefined };
  readonly dryRun?: boolean | undefined;
  /** Take a proxy-multi.conf with fewer datacenters or proxies than the one in use. */
  readonly mayShrink?: boolean | undefined;
  /** For each mirror; 20 s. */
  readonly timeoutMs?: number;
}

interface RefreshedFile {
  readonly name: string;
  readonly changed: boolean;
  /** Host and path of the URL, or the path of the file. */
  readonly source: string;
}

export interface RefreshedConfig {
  /** A file, or what a proxy runs with, is not what it was. */
  readonly changed: boolean;
  /** Those that were fetched. */
  readonly files: readonly RefreshedFile[];
  /** What was (or would be) done to proxies. */
  readonly shards: readonly LiveShard[];
}

interface Fetched {
  readonly found: { readonly [file in File]?: FoundFile };
  /** Why a file that is there already could not be fetched anew. */
  readonly failure?: AppError;
}

const FILES: readonly File[] = ["proxySecret", "proxyMultiConf"];
const TIMEOUT_MS = 20_000;

/**
 * Fetches Telegram's two files, keeps what is good, and makes it live with the least harm where a proxy runs with something
 * else, also where an earlier run could not. Meant for cron: it says nothing, and cuts nobody, when nothing changed.
 * @returns failure environment when a file could not be fetched or the engine not be reached, engine when the proxies do not work
 *   with what is new: what was before is back then
 * @throws AppError invalid when what came is not the file, environment when the first files cannot be fetched; nothing is changed
 */
export async function refreshConfig(ctx: Context, options: RefreshOptions = {}): Promise<Outcome<RefreshedConfig>> {
  const settings = await loadSettings(ctx);
  // Mirrors may be slow: nobody waits for them with a lock in hand.
  const fetched = await fetchFiles(ctx, settings, options);
  if (options.dryRun === true) return takeOver(ctx, settings, fetched, true);
  return ctx.locks.withLock(
    join(ctx.paths.run, "apply.lock"),
    () => {
      ctx.putOffInterrupts();
      return takeOver(ctx, settings, fetched, false);
    },
    { purpose: "refreshing Telegram's files" },
  );
}

async function fetchFiles(ctx: Context, settings: Settings, options: RefreshOptions): Promise<Fetched> {
  const found: { [file in File]?: FoundFile } = {};
  let failure: AppError | undefined;
  for (const wanted of await wantedFiles(ctx, settings, options)) {
    try {
      found[wanted.file] = await fetchTelegramFile(ctx, wanted, options.timeoutMs ?? TIMEOUT_MS);
    } catch (error) {
      if (!isBearable(error, wanted)) throw error;
      failure = error;
    }
  }
  return { found, ...(failure === undefined ? {} : { failure }) };
}

async function wantedFiles(
  ctx: Context,
  settings: Settings,
  { fromFile = {}, mayShrink }: RefreshOptions,
): Promise<WantedFile[]> {
  const [inUse, record] = await Promise.all([ctx.stores.telegram.read(), ctx.stores.telegramRecord.read()]);
  const urls = { proxySecret: settings.proxySecretUrls, proxyMultiConf: settings.proxyConfigUrls };
  const given = FILES.filter((file) => fromFile[file] !== undefined);
  const wanted = given.length > 0 && inUse !== undefined ? given : FILES;
  return wanted.map((file) => ({
    file,
    urls: urls[file],
    path: fromFile[file],
    before: inUse?.[file],
    mayShrink,
    fetched: record[file],
  }));
}

/** A mirror that is down keeps the other file from nothing. One that serves something else does: somebody must look. */
function isBearable(error: unknown, { before, path }: WantedFile): error is AppError {
  return error instanceof AppError && error.kind === "environment" && before !== undefined && path === undefined;
}

async function takeOver(
  ctx: Context,
  settings: Settings,
  { found, failure }: Fetched,
  dryRun: boolean,
): Promise<Outcome<RefreshedConfig>> {
  const before = await ctx.stores.telegram.read();
  const files = FILES.flatMap((file) => refreshed(file, found[file], before));
  const changed = files.some((file) => file.changed);
  const change = { before, next: merge(before, found), changed };
  if (changed && !dryRun) await ctx.stores.telegram.write(change.next);
  const live = await bringFilesLive(ctx, settings, change, dryRun);
  if (!dryRun && !live.isTakenBack) await remember(ctx, found);
  const fault = live.failure ?? failure;
  return {
    data: { changed: (changed && !live.isTakenBack) || live.shards.length > 0, files, shards: live.shards },
    warnings: live.warnings,
    ...(fault === undefined ? {} : { failure: fault }),
  };
}

function refreshed(file: File, found: FoundFile | undefined, before: TelegramFiles | undefined): RefreshedFile[] {
  if (found === undefined) return [];
  const changed = before === undefined || Buffer.compare(before[file], found.bytes) !== 0;
  return [{ name: telegramFileNames[file], changed, source: found.source }];
}

function merge(before: TelegramFiles | undefined, { proxySecret, proxyMultiConf }: Fetched["found"]): TelegramFiles {
  const next = {
    proxySecret: proxySecret?.bytes ?? before?.proxySecret,
    proxyMultiConf: proxyMultiConf?.bytes ?? before?.proxyMultiConf,
  };
  const { proxySecret: secret, proxyMultiConf: conf } = next;
  // Only when somebody took the files away while the mirrors were asked.
  if (secret === undefined || conf === undefined) throw new AppError("conflict", "Telegram's files vanished meanwhile");
  return { proxySecret: secret, proxyMultiConf: conf };
}

/** When each file was last found good, for whoever asks how old it is. */
async function remember(ctx: Context, found: Fetched["found"]): Promise<void> {
  const checkedAt = ctx.clock.now().toISOString();
  const fetched = FILES.flatMap((file) => {
    const source = found[file]?.source;
    return source === undefined ? [] : [[file, { checkedAt, source }] as const];
  });
  if (fetched.length > 0) {
    await ctx.stores.telegramRecord.update((record) => ({ ...record, ...Object.fromEntries(fetched) }));
  }
}
