import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { lastWords } from "./host-context.ts";
import { readServices } from "./host-facts.ts";

const PATIENCE_MS = 60_000;
const STEP_MS = 250;

/** Whether a daemon answers, wherever DOCKER_HOST says that it is. */
export async function dockerAnswers({ machine }: HostContext): Promise<boolean> {
  const { failed } = await machine.run(["docker", "version", "--format", "{{.Server.Version}}"], { timeoutMs: 10_000 });
  return !failed;
}

/**
 * Starts a daemon that does not run: the package does that only where it finds an init system, and even then it answers a moment later.
 * @throws AppError environment when none answers within a minute
 */
export async function startDocker(ctx: HostContext): Promise<void> {
  if (await dockerAnswers(ctx)) return;
  ctx.progress.step("starting Docker …");
  const { systemd } = await readServices(ctx);
  const start = systemd ? ["systemctl", "start", "docker"] : ["service", "docker", "start"];
  const { failed, all } = await ctx.machine.run(start, { timeoutMs: PATIENCE_MS });
  if (!failed && (await answersSoon(ctx))) return;
  const why = systemd ? "journalctl -u docker" : "tail /var/log/docker.log";
  throw new AppError(
    "environment",
    `Docker is installed, but its daemon does not start${failed ? lastWords(all) : ""}`,
    {
      hint: `${why} shows why; once docker version answers: mtproxy setup`,
    },
  );
}

async function answersSoon(ctx: HostContext): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
    if (await dockerAnswers(ctx)) return true;
    await ctx.clock.sleep(STEP_MS);
  }
  return false;
}
