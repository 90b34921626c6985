import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export const MTPROXY = fileURLToPath(new URL("../bin/familytraffic-mtproxy", import.meta.url));

export interface BenchHome {
  readonly home: string;
  readonly users: number;
}

/** A home of its own with so many users, half padded and half fake-TLS, all of them placed on shards. */
export async function makeHome(users: number, engine: "docker" | "trial"): Promise<BenchHome> {
  const home = await mkdtemp(join(tmpdir(), `mtproxy-bench-${users}-`));
  await mkdir(join(home, "data"), { recursive: true });
  await writeFile(join(home, "data/users.json"), usersJson(users));
  const flags = [
    "--engine",
    engine,
    "--public-host",
    "127.0.0.1",
    "--port",
    "30001",
    "--port-range",
    "30002-40000",
    "--no-start",
  ];
  await mtproxy(home, "setup", ...flags, "--users-lock", join(home, "users.lock"));
  // Without an engine that answers this settles the plan and stops there, which is all that is wanted.
  if (engine === "docker") await mtproxy(home, "apply");
  return { home, users };
}

export async function mtproxy(home: string, ...args: string[]): Promise<void> {
  await execa(process.execPath, [MTPROXY, ...args, "--home", home], { stdio: "ignore", reject: false, env: noDocker });
}

/** The engine is not what is measured here, and nothing of the machine's own is to be touched. */
export const noDocker = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

function usersJson(count: number): string {
  const users = Array.from({ length: count }, (_, index) => userRecord(index));
  return `${JSON.stringify({ users }, null, 2)}\n`;
}

function userRecord(index: number): object {
  const key = randomBytes(16).toString("hex");
  const fakeTls = index % 2 === 1;
  return {
    username: `user${index}`,
    uuid: crypto.randomUUID(),
    proxy_password: randomBytes(12).toString("hex"),
    mtproxy_secret: fakeTls ? `ee${key}${Buffer.from("google.com").toString("hex")}` : `dd${key}`,
    mtproxy_enabled: true,
    mtproxy_fake_tls: fakeTls,
    ...(fakeTls ? { mtproxy_fake_tls_domain: "google.com" } : {}),
    mtproxy_created_at: "2026-11-21T00:00:00.000Z",
  };
}
