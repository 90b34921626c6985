import type { HostContext } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { parseProxyMultiConf } from "../../domain/proxy-multi-conf.ts";
import { checkProxySecret } from "../../domain/telegram-files.ts";
import { type Check, failed, ok, skipped } from "./check.ts";

export const stateCheck: Check = {
  id: "state",
  title: "every file of the state can be read",
  run: async ({ ctx }) => {
    if ((await ctx.files.stat(ctx.paths.settings)) === undefined) return skipped("no proxy is set up here yet");
    const read = await Promise.all(readers(ctx).map(faultOf));
    const faults = read.filter((fault) => fault !== undefined);
    const [first] = faults;
    if (first === undefined) return ok(`${read.length} kinds of files are as they should be`);
    return failed(faults.map(({ message }) => message).join("; "), first.hint ?? "mtproxy backup list");
  },
};

function readers({ stores }: HostContext): (() => Promise<unknown>)[] {
  const all = Object.values(stores).flatMap((store: object) => ("read" in store ? [store as Readable] : []));
  return [...all.map((store) => () => store.read()), () => readTelegramFiles(stores)];
}

interface Readable {
  read(): Promise<unknown>;
}

/** The proxies would refuse them at their next start. */
async function readTelegramFiles({ telegram }: HostContext["stores"]): Promise<void> {
  const files = await telegram.read();
  if (files === undefined) return;
  parseProxyMultiConf(Buffer.from(files.proxyMultiConf).toString("latin1"));
  const [fault] = checkProxySecret(files.proxySecret);
  if (fault !== undefined) throw new AppError("invalid", fault, { hint: "mtproxy refresh-config" });
}

async function faultOf(
  read: () => Promise<unknown>,
): Promise<{ message: string; hint?: string | undefined } | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error : { message: wordsOf(error) };
  }
}
