import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { runTool } from "./host-context.ts";
import type { HostFacts } from "./host-facts.ts";

/** Ubuntu's Compose 2 has a package of its own; Debian's package is 1.29 up to release 12, 2 after that. Both serve. */
const COMPOSE = ["docker-compose-v2", "docker-compose"] as const;

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
  await apt(ctx, ["update"]);
  const packages = [
    ...(facts.docker === null ? ["docker.io"] : []),
    ...(facts.compose === null ? [await composePackage(ctx)] : []),
  ];
  ctx.progress.step(`installing ${packages.join(" and ")} …`);
  await apt(ctx, ["install", "--yes", "--no-install-recommends", ...packages]);
  ctx.progress.step(`installed ${packages.join(" and ")}`);
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
  for (const name of COMPOSE) {
    const { failed, stdout } = await ctx.machine.run(["apt-cache", "policy", name]);
    if (!failed && /^\s*Candidate: (?!\(none\))/m.test(stdout)) return name;
  }
  return COMPOSE[1];
}

async function apt(ctx: HostContext, args: readonly string[]): Promise<void> {
  const quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"];
  await runTool(ctx, [...quiet, ...args], TIMEOUT_MS);
}
