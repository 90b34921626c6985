import type { Outcome } from "../app/outcome.ts";
import { type InstalledServer, installServer } from "../app/setup/install-server.ts";
import type { SetupOptions } from "../app/setup/setup.ts";
import { parseAnswersFile, readEnvironment, type SetupAnswers, variableOf } from "../app/setup/setup-answers.ts";
import type { CommandContext } from "../commands/command.ts";
import { isPrivateIpv4 } from "../domain/address.ts";
import { AppError } from "../domain/errors.ts";
import { parseProxyTag } from "../domain/promoted-channel.ts";
import { askForAnswers } from "./wizard.ts";

/** What was typed after `setup`. */
export interface SetupFlags extends SetupOptions, SetupAnswers {
  readonly answers?: string;
  readonly result?: string;
  readonly useHaproxy?: boolean;
}

/**
 * Flags count before an answers file, that before the environment. With none of the first two, a person at a terminal is asked.
 * @returns null as data when they do not want it
 */
export async function setUpServer(ctx: CommandContext, flags: SetupFlags): Promise<Outcome<InstalledServer | null>> {
  const { answers: file, result: _, start, useHaproxy, ...rest } = flags;
  const typed =
    useHaproxy === undefined ? rest : { ...rest, routing: useHaproxy ? ("edge" as const) : ("direct" as const) };
  const { dryRun, ...answering } = typed;
  const environment = readEnvironment(ctx.env);
  const isAnswered = file !== undefined || start === false || Object.keys(answering).length > 0;
  if (isAnswered || !ctx.ask.isPossible) {
    const tag = typed.proxyTag === undefined ? {} : { proxyTag: parseProxyTag(typed.proxyTag) };
    const answers = { ...environment, ...(file === undefined ? {} : await readFile(ctx, file)), ...typed, ...tag };
    await requireAnswers(ctx, answers);
    return installServer(ctx, { ...answers, start: start !== false }, () => ctx.signal.aborted);
  }
  const answers = await askForAnswers(ctx, environment);
  if (answers === undefined) return { data: null, warnings: ["nothing was changed; mtproxy setup asks again"] };
  return installServer(ctx, { ...answers, dryRun: dryRun === true }, () => ctx.signal.aborted);
}

async function readFile(ctx: CommandContext, path: string): Promise<SetupAnswers> {
  const text = await ctx.files.readText(path);
  if (text !== undefined) return parseAnswersFile(text, path);
  throw new AppError("not-found", `there is no answers file ${path}`);
}

/** What cannot be guessed and nobody said: a link with a wrong address is worse than none. */
async function requireAnswers({ stores, host }: CommandContext, { publicHost }: SetupAnswers): Promise<void> {
  const present = (await stores.settings.read())?.publicHost ?? "";
  if (publicHost !== undefined || present !== "") return;
  if ((await host.addresses()).some((address) => !isPrivateIpv4(address))) return;
  throw new AppError(
    "usage",
    "nobody can be asked here, this machine has no public address of its own, and these answers are missing: " +
      `public_host (--public-host HOST, ${variableOf("public_host")}, or "public_host" in the file of --answers)`,
    { hint: "mtproxy setup --public-host YOUR.SERVER" },
  );
}
