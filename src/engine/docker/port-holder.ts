import { runProgram } from "../../host/run-program.ts";
import type { Daemon } from "./daemon.ts";

/** Who listens on a TCP port of this host, in words; undefined when nobody tells (only root sees other users' programs). */
export async function portHolder(daemon: Daemon, port: number): Promise<string | undefined> {
  return (await publishingContainer(daemon, port)) ?? (await listeningProgram(port));
}

async function publishingContainer(daemon: Daemon, port: number): Promise<string | undefined> {
  const containers = await daemon.call((docker) => docker.listContainers());
  const holder = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
  return holder === undefined ? undefined : `the container ${holder.Names[0]?.slice(1) ?? holder.Id} (${holder.Image})`;
}

/** `ss` ends its lines with `users:(("nginx",pid=123,fd=6))`. */
async function listeningProgram(port: number): Promise<string | undefined> {
  const { stdout } = await runProgram(["ss", "-Hltnp", `sport = :${port}`], { timeout: 5000 });
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout) ?? [];
  return name === undefined ? undefined : `${name} (process ${pid})`;
}
