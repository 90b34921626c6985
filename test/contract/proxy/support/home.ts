import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { MiddleProxy } from "../../../support/telegram/middle-proxy.ts";

/** A folder with what a proxy reads, readable for whom it becomes. Removed after the file's last test. */
export interface ProxyHome {
  readonly folder: string;
  readonly secretFile: string;
  readonly configFile: string;
}

/** A target where nobody listens: the proxy runs and is never ready. */
export const deafConfig = "default 2;\nproxy_for 2 127.0.0.1:9;\n";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** With a middle proxy, its two files; else a random secret and `deafConfig`. */
export async function proxyHome(middle?: MiddleProxy, config?: string): Promise<ProxyHome> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-contract-"));
  folders.push(folder);
  await chmod(folder, 0o755);
  const secretFile = await place(folder, "proxy-secret", middle?.proxySecret ?? randomBytes(128));
  const configFile = await place(folder, "proxy-multi.conf", config ?? middle?.proxyMultiConf() ?? deafConfig);
  return { folder, secretFile, configFile };
}

/** @returns the file's path */
export async function place(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o644 });
  return path;
}
