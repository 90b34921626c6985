import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { chosenParts, type HostPart, hostParts } from "../../domain/host-record.ts";
import { shardName } from "../../domain/shard.ts";
import type { Outcome } from "../outcome.ts";
import { type AddedUser, addUser } from "../people/add-user.ts";
import { readHelpers } from "./edge-helpers.ts";
import { furnishHost, goOn } from "./furnish-host.ts";
import { readHostFacts } from "./host-facts.ts";
import { installDocker, lacksDocker } from "./install-docker.ts";
import { loadImage, requireFile } from "./load-image.ts";
import { type HostPartState, wishFor } from "./set-up-host.ts";
import { type SetupOptions, type SetupResult, setUp } from "./setup.ts";
import type { SetupAnswers } from "./setup-answers.ts";
import { dockerAnswers, startDocker } from "./start-docker.ts";

export type InstallOptions = SetupOptions & SetupAnswers;

export interface InstalledServer extends SetupResult {
  /** With the link that they are given; null when no first user was named. */
  readonly firstUser: AddedUser | null;
  /** What is on the machine outside the home, and what is not. */
  readonly host: readonly HostPartState[];
}

/**
 * From facts and answers to a server that runs: Docker where that was asked for, the proxy, the first user, and what belongs on the
 * machine. Running it again repairs each of them.
 * @param isInterrupted Ctrl-C came: what is begun is finished, and what comes after it is left
 * @returns failure for the first that did not work. The settings and a proxy that runs stay then, and the machine is as it was
 */
export async function installServer(
  ctx: HostContext,
  options: InstallOptions,
  isInterrupted: () => boolean = () => false,
): Promise<Outcome<InstalledServer>> {
  if (options.imageFile !== undefined) await requireFile(ctx, options.imageFile);
  if (options.installDocker === true && options.dryRun !== true) await provideDocker(ctx);
  const { data, warnings = [], failure } = await setUp(ctx, { ...options, ...(await givenImage(ctx, options)) });
  if (options.dryRun === true)
    return { data: { ...data, firstUser: null, host: await wished(ctx, options, data) }, warnings };
  if (data.running) await tellContainers(ctx, data);
  const stopped = failure ?? (isInterrupted() ? interrupted(options, data) : undefined);
  if (stopped !== undefined) {
    const present = { ...data, firstUser: null, host: await installed(ctx) };
    return { data: present, warnings: [...warnings, ...left(options)], failure: stopped };
  }
  const first = await addFirstUser(ctx, options, data.running);
  const host = await furnishHost(ctx, options, data.settings, isInterrupted);
  const helpers = data.running && data.settings.routing === "edge" ? await readHelpers(ctx) : undefined;
  const [worst, ...others] = [first.failure, host.failure, helpers?.failure].filter((it) => it !== undefined);
  return {
    data: { ...data, firstUser: first.user, host: host.parts },
    warnings: [
      ...warnings,
      ...first.warnings,
      ...host.warnings,
      ...(helpers?.warnings ?? []),
      ...others.map(({ message }) => message),
    ],
    ...(worst === undefined ? {} : { failure: worst }),
  };
}

function interrupted(options: InstallOptions, { running }: SetupResult): AppError {
  return new AppError("interrupted", `interrupted: the settings are saved${running ? ", and the proxy runs" : ""}`, {
    hint: `${goOn(options)} does the rest`,
  });
}

/** What was asked for and is not begun where the proxy does not run. */
function left(options: InstallOptions): string[] {
  const parts = chosenParts.filter((part) => options[part] === true);
  const { firstUser } = options;
  return [
    ...(firstUser === undefined
      ? []
      : [`${firstUser} is not added while no proxy runs: mtproxy add-user ${firstUser}`]),
    ...(parts.length === 0 ? [] : [`nothing was put on this machine (${parts.join(", ")}): ${goOn(options)} does`]),
  ];
}

async function provideDocker(ctx: HostContext): Promise<void> {
  const facts = await readHostFacts(ctx, { ports: [] });
  if (lacksDocker(facts)) await installDocker(ctx, facts);
  await startDocker(ctx);
}

/** Where no Docker answers, the setup itself says so. */
async function givenImage(
  ctx: HostContext,
  { imageFile, image, start, dryRun }: InstallOptions,
): Promise<Pick<SetupOptions, "image">> {
  if (imageFile === undefined || start === false || dryRun === true || !(await dockerAnswers(ctx))) return {};
  const loaded = await loadImage(ctx, imageFile);
  return { image: image ?? loaded };
}

async function wished(ctx: HostContext, options: InstallOptions, { settings }: SetupResult): Promise<HostPartState[]> {
  const wish = (part: HostPart) => wishFor(part, options, settings);
  return (await installed(ctx)).map(({ part, installed }) => ({ part, installed: wish(part) ?? installed }));
}

async function installed({ stores }: HostContext): Promise<HostPartState[]> {
  const recorded = await stores.hostRecord.read();
  return hostParts.map((part) => ({ part, installed: recorded.some((entry) => entry.part === part) }));
}

async function tellContainers(ctx: HostContext, { settings }: SetupResult): Promise<void> {
  if (settings.engine !== "docker") return;
  const instances = await (await ctx.engine(settings)).instances();
  ctx.progress.step(`Docker container started: ${instances.map(({ shardId }) => shardName(shardId)).join(", ")}`);
}

interface FirstUser {
  readonly user: AddedUser | null;
  readonly warnings: readonly string[];
  readonly failure?: AppError | undefined;
}

/** Without a proxy the link would not work. */
async function addFirstUser(ctx: HostContext, { firstUser }: InstallOptions, isRunning: boolean): Promise<FirstUser> {
  if (firstUser === undefined) return { user: null, warnings: [] };
  const later = `${firstUser} is not added while no proxy runs: mtproxy add-user ${firstUser}`;
  if (!isRunning) return { user: null, warnings: [later] };
  try {
    const { data: user, warnings = [], failure } = await addUser(ctx, { name: firstUser });
    if (user.added) ctx.progress.step("Secret generated");
    return { user, warnings, failure };
  } catch (failure) {
    if (failure instanceof AppError && failure.kind !== "bug") return { user: null, warnings: [], failure };
    throw failure;
  }
}
