import { containerLabels } from "../../domain/container-labels.ts";
import { AppError } from "../../domain/errors.ts";
import { instanceName } from "../../domain/shard.ts";
import { runProgram } from "../../host/run-program.ts";
import type { OurContainer } from "./containers.ts";
import type { Daemon } from "./daemon.ts";
import { execute } from "./output.ts";

/** Exit code of docker/stats.sh when the image has no program that could ask. */
const NO_CLIENT = 3;

/**
 * The /stats page of a running shard. The proxy answers only inside its container's network namespace, so a program there asks;
 * where the image has none, root on the same host enters the namespace.
 * @throws AppError engine
 */
export async function readStatsPage(daemon: Daemon, ours: OurContainer): Promise<string> {
  const port = ours.info.Config.Labels[containerLabels.statsPort] ?? "8888";
  const command = ["/bin/sh", "/familytraffic/scripts/stats.sh", port];
  const { exitCode, stdout } = await daemon.call(() => execute(ours.container, command));
  if (exitCode === 0) return stdout;
  if (exitCode !== NO_CLIENT) throw silent(ours, port);
  return fromOutside(daemon, ours, port);
}

async function fromOutside(daemon: Daemon, ours: OurContainer, port: string): Promise<string> {
  const name = instanceName(ours.shardId, ours.side);
  if (daemon.endpoint.socketPath === undefined || process.getuid?.() !== 0) {
    throw new AppError("engine", `the image of ${name} has no program that can ask the proxy for its figures`, {
      hint: "run the command as root on the Docker host, or use an image with curl, wget, perl, python3, bash or busybox",
    });
  }
  const inside = ["nsenter", "-t", String(ours.info.State.Pid), "-n", process.execPath, "-e", ASK, port];
  const { failed, stdout } = await runProgram(inside, { timeout: 10_000 });
  if (failed) throw silent(ours, port);
  return stdout;
}

const ASK = `
require("node:http").get({ host: "127.0.0.1", port: process.argv[1], path: "/stats", timeout: 5000 }, (answer) => {
  answer.pipe(process.stdout);
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
}).on("timeout", () => process.exit(1)).on("error", () => process.exit(1));`;

function silent({ shardId, side }: OurContainer, port: string): AppError {
  const name = instanceName(shardId, side);
  return new AppError("engine", `${name} does not answer on its statistics port ${port}`, {
    hint: `docker logs ${name} shows what it said; a start takes up to 20 s for each cover domain whose DNS is dead`,
  });
}
