import { join } from "node:path";
import type { Haproxy } from "../haproxy.ts";
import type { HomePaths } from "../ports.ts";

/** The sockets of a home's HAProxy, in the folder that its container has mounted. */
export async function connectHaproxy(paths: Pick<HomePaths, "haproxy">): Promise<Haproxy> {
  const { RunningHaproxy } = await import("./runtime/running-haproxy.ts");
  const at = (leaf: string) => join(paths.haproxy, leaf);
  return new RunningHaproxy({ worker: at("haproxy.sock"), master: at("master.sock") });
}
