import type { Context } from "../../context.ts";
import type { TelegramFiles } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import { checkProxySecret, checkReplacement } from "../../domain/telegram-files.ts";
import { ageInWords, ageOf, type FetchedFile, telegramFileNames } from "../../domain/telegram-record.ts";

/** One of Telegram's two files, and where a new one may come from. */
export interface WantedFile {
  readonly file: keyof TelegramFiles;
  /** Mirrors in the order they are tried. */
  readonly urls: readonly string[];
  /** A file on this host instead of the mirrors. */
  readonly path?: string | undefined;
  /** What is in use. */
  readonly before: Uint8Array | undefined;
  /** A proxy-multi.conf with fewer datacenters or proxies than that is taken too. */
  readonly mayShrink?: boolean | undefined;
  readonly fetched: FetchedFile | undefined;
}

/** A new file that was found good. */
export interface FoundFile {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/** The C proxy reads no larger proxy-multi.conf; a proxy-secret is far smaller. */
const MAX_BYTES = 16 << 20;

/**
 * Brings a file, from the path that is given or else from the first mirror that has a good one.
 * @param timeoutMs for each mirror
 * @throws AppError invalid when all that came is no such file, environment when nothing came, not-found when the path is none
 */
export function fetchTelegramFile(ctx: Context, wanted: WantedFile, timeoutMs: number): Promise<FoundFile> {
  return wanted.path === undefined ? fromMirrors(ctx, wanted, timeoutMs) : fromPath(ctx, wanted, wanted.path);
}

async function fromPath(ctx: Context, wanted: WantedFile, path: string): Promise<FoundFile> {
  const size = (await ctx.files.stat(path))?.size ?? 0;
  const bytes = size > MAX_BYTES ? undefined : await ctx.files.read(path);
  if (size > MAX_BYTES) throw new AppError("invalid", `${path} is larger than ${MAX_BYTES} bytes`);
  if (bytes === undefined) throw new AppError("not-found", `there is no file ${path}`);
  const problems = problemsOf(wanted, bytes);
  if (problems.length > 0)
    throw new AppError("invalid", `${path}: ${problems.join("; ")}`, {
      hint: "nothing was changed; when Telegram itself lists fewer now: --accept-fewer",
    });
  return { bytes, source: path };
}

async function fromMirrors(ctx: Context, wanted: WantedFile, timeoutMs: number): Promise<FoundFile> {
  const failures: AppError[] = [];
  for (const url of wanted.urls) {
    try {
      return await fromMirror(ctx, wanted, url, timeoutMs);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failures.push(error);
      if (failures.length < wanted.urls.length) ctx.progress.step(`${error.message}; trying the next mirror…`);
    }
  }
  throw noMirror(wanted, failures, ctx.clock.now());
}

async function fromMirror(ctx: Context, wanted: WantedFile, url: string, timeoutMs: number): Promise<FoundFile> {
  const bytes = await ctx.host.download(url, { maxBytes: MAX_BYTES, timeoutMs });
  const { host, pathname } = new URL(url);
  const problems = problemsOf(wanted, bytes);
  if (problems.length > 0) throw new AppError("invalid", `${host}${pathname}: ${problems.join("; ")}`);
  return { bytes, source: `${host}${pathname}` };
}

function problemsOf({ file, before, mayShrink }: WantedFile, bytes: Uint8Array): string[] {
  if (file === "proxySecret") return checkProxySecret(bytes);
  return checkReplacement(before === undefined ? undefined : latin1(before), latin1(bytes), mayShrink);
}

/** One character a byte: that is what the parser counts. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Something that came but is no such file is worse than nothing that came: somebody must look. */
function noMirror(wanted: WantedFile, failures: readonly AppError[], now: Date): AppError {
  const reasons = failures.length === 0 ? "no URL is set" : failures.map(({ message }) => message).join("; ");
  const kind = failures.some((failure) => failure.kind === "invalid") ? "invalid" : "environment";
  return new AppError(kind, `no new ${telegramFileNames[wanted.file]}: ${reasons}${stays(wanted, now)}`, {
    hint: "set https_proxy, add a mirror to the settings, or bring the file here yourself: mtproxy refresh-config --from-file FILE",
  });
}

function stays({ before, fetched }: WantedFile, now: Date): string {
  if (before === undefined) return "";
  const age = ageOf(fetched, now);
  return `. The one in use stays${age === undefined ? "" : `, it was found good ${ageInWords(age)} ago`}`;
}
