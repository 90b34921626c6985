import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { HomePaths } from "../../ports.ts";

const BYTES = 32;
/** What a header takes (RFC 6750 §2.1), and long enough that nobody guesses it: an admin may have put another one there. */
const TOKEN = /^[\w~+/.-]{32,256}=*$/;

/** Whoever has what is in this file sees every figure and every link. */
export function tokenPath({ settings }: HomePaths): string {
  return join(dirname(settings), "stats_token");
}

/** The token; one is made where there is none. @throws AppError invalid for a file that holds something else */
export async function ensureToken(ctx: Context): Promise<string> {
  const text = await ctx.files.readText(tokenPath(ctx.paths));
  return text === undefined ? replaceToken(ctx) : readToken(ctx, text);
}

function readToken({ paths }: Context, text: string): string {
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  throw new AppError("invalid", `${tokenPath(paths)} holds no token`, {
    hint: "mtproxy stats-api rotate-token makes a new one",
  });
}

/** Whoever had the one before has none now. */
export async function replaceToken(ctx: Context): Promise<string> {
  const token = Buffer.from(ctx.random.bytes(BYTES)).toString("base64url");
  await ctx.files.write(tokenPath(ctx.paths), `${token}\n`, { mode: 0o600, exactMode: true });
  return token;
}

/** Which token it is, for those who may not know it. */
export function tokenMark(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 12);
}
