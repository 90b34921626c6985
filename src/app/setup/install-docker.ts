import type { HostContext } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { lastWords } from "./host-context.ts";
import type { HostFacts } from "./host-facts.ts";

/** Ubuntu's Compose 2 has a package of its own; Debian's package is 1.29 up to release 12, 2 after that. Both serve. */
const COMPOSE = ["docker-compose-v2", "docker-compose"] as const;

/** From release 13 on Debian's docker.io is the daemon alone. */
const CLI = "docker-cli";

const TIMEOUT_MS = 15 * 60_000;

/** What of Docker is missing here. */
export function lacksDocker({ docker, compose }: Pick<HostFacts, "docker" | "compose">): boolean {
  return docker === null || compose === null;
}

/**
 * Installs what is missing from the distribution's own packages; what is there, wherever it came from, is left alone.
 * @throws AppError environment where that cannot be done, engine with apt's words where it fails
 */
export async function installDocker(
  ctx: HostContext,
  facts: Pick<HostFacts, "docker" | "compose" | "isRoot">,
): Promise<void> {
  if (!lacksDocker(facts)) return;
  await refuseHere(ctx, facts);
  // A package manager that is ended in the middle leaves half-configured packages.
  ctx.putOffInterrupts();
  await updateLists(ctx);
  const packages = [
    ...(facts.docker === null ? ["docker.io", ...((await isOffered(ctx, CLI)) ? [CLI] : [])] : []),
    ...(facts.compose === null ? [await composePackage(ctx)] : []),
  ];
  ctx.progress.step(`installing ${packages.join(", ")} …`);
  await apt(ctx, ["install", "--yes", "--no-install-recommends", ...packages]);
  ctx.progress.step(`installed ${packages.join(", ")}`);
}

/** One broken source, of whatever else is installed here, keeps no package of another source from being had. */
async function updateLists(ctx: HostContext): Promise<void> {
  ctx.progress.step("reading the distribution's package lists …");
  try {
    await apt(ctx, ["update"]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.progress.warn(wordsOf(error));
  }
}

async function refuseHere(ctx: HostContext, { isRoot }: Pick<HostFacts, "isRoot">): Promise<void> {
  const why = [
    ...(ctx.machine.root === undefined ? [] : ["nothing is installed into another root"]),
    ...(isRoot ? [] : ["only root may install it"]),
    ...((await ctx.machine.findOnPath("apt-get")).length > 0 ? [] : ["there is no apt-get here"]),
  ];
  if (why.length === 0) return;
  throw new AppError("environment", `Docker cannot be installed: ${why.join("; ")}`, {
    hint: "install Docker and Compose (https://docs.docker.com/engine/install/), then: mtproxy setup",
  });
}

async function composePackage(ctx: HostContext): Promise<string> {
  for (const name of COMPOSE) if (await isOffered(ctx, name)) return name;
  return COMPOSE[1];
}

async function isOffered(ctx: HostContext, name: string): Promise<boolean> {
  const { failed, stdout } = await ctx.machine.run(["apt-cache", "policy", name]);
  return !failed && /^\s*Candidate: (?!\(none\))/m.test(stdout);
}

/** A new server often updates itself just now: that is waited for. What an admin put under /etc before stays. */
const OPTIONS = [
  ...["Dpkg::Use-Pty=0", "DPkg::Lock::Timeout=300", "Acquire::Retries=3"],
  ...["Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold"],
];

async function apt(ctx: HostContext, args: readonly string[]): Promise<void> {
  const options = OPTIONS.flatMap((option) => ["-o", option]);
  const environment = ["env", "DEBIAN_FRONTEND=noninteractive"];
  const { failed, all } = await ctx.machine.run([...environment, "apt-get", "-qq", ...options, ...args], {
    timeoutMs: TIMEOUT_MS,
  });
  if (failed) throw new AppError("engine", `apt-get ${args.join(" ")} failed${lastWords(all)}`);
}
