import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import Docker from "dockerode";
import { type DockerCliHome, ourLabel } from "./docker-cli-home.ts";

/**
 * Starts a command in a process group of its own and kills it when Docker tells of something that happens to a container.
 * @param who the command alone, or everything that it started too
 * @returns what it ended with
 */
export async function killAt(
  home: DockerCliHome,
  moment: string,
  who: "alone" | "with compose",
  args: readonly string[],
): Promise<string | number> {
  const events = (await new Docker().getEvents({
    filters: { type: ["container"], ...ourLabel },
  })) as NodeJS.ReadableStream & { destroy(): void };
  const child = home.start(["/usr/bin/setsid"], ...args);
  const lines = createInterface(events);
  lines.on("line", (line) => {
    if ((JSON.parse(line) as { Action: string }).Action !== moment || child.pid === undefined) return;
    if (child.exitCode === null) process.kill(who === "alone" ? child.pid : -child.pid, "SIGKILL");
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  lines.close();
  events.destroy();
  return code ?? signal ?? "";
}

/** The same as soon as a file is another one; the command alone. */
export async function killAtChange(
  home: DockerCliHome,
  path: string,
  args: readonly string[],
): Promise<string | number> {
  const { ino: before } = await stat(path);
  const child = home.start([], ...args);
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  while (child.exitCode === null && (await stat(path)).ino === before) await setImmediate();
  if (child.exitCode === null) child.kill("SIGKILL");
  const [code, signal] = await ended;
  return code ?? signal ?? "";
}
