import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Datacenter } from "../test/support/telegram/datacenter.ts";

const PORT = 30001;

export const MTPROXY = fileURLToPath(new URL("../bin/familytraffic-mtproxy", import.meta.url));

export interface BenchHome {
  readonly home: string;
  readonly users: number;
}

/** A home of its own with so many users, half padded and half fake-TLS, all of them placed on shards. */
export async function makeHome(users: number, engine: "docker" | "trial", telegram?: Datacenter): Promise<BenchHome> {
  const home = await mkdtemp(join(tmpdir(), `mtproxy-bench-${users}-`));
  await mkdir(join(home, "data"), { recursive: true });
  const records = Array.from({ length: users }, (_, index) => userRecord(index));
  await writeFile(join(home, "data/users.json"), `${JSON.stringify({ users: records }, null, 2)}\n`);
  if (engine === "trial") await Promise.all(records.map((record) => writeLink(home, record)));
  const flags = [
    "--engine",
    engine,
    "--public-host",
    "127.0.0.1",
    "--port",
    String(PORT),
    "--port-range",
    "30002-40000",
    "--no-start",
  ];
  const datacenters =
    telegram === undefined
      ? []
      : [1, 2, 3, 4, 5].flatMap((id) => ["--datacenter", `${id}=${telegram.host}:${telegram.port}`]);
  await mtproxy(home, "setup", ...flags, ...datacenters, "--users-lock", join(home, "users.lock"));
  // Without an engine that answers this settles the plan and stops there, which is all that is wanted.
  if (engine === "docker") await mtproxy(home, "apply");
  return { home, users };
}

export async function mtproxy(home: string, ...args: string[]): Promise<void> {
  await execa(process.execPath, [MTPROXY, ...args, "--home", home], { stdio: "ignore", reject: false, env: noDocker });
}

/** The engine is not what is measured here, and nothing of the machine's own is to be touched. */
export const noDocker = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

/** A link that is there already, so that the first start does not draw thousands of QR codes. */
async function writeLink(home: string, { username, mtproxy_secret }: BenchRecord): Promise<void> {
  const folder = join(home, "data/clients", username);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "mtproxy_link.txt"),
    `tg://proxy?server=127.0.0.1&port=${PORT}&secret=${mtproxy_secret}\n`,
  );
}

interface BenchRecord extends Readonly<Record<string, unknown>> {
  readonly username: string;
  readonly mtproxy_secret: string;
}

export function userRecord(index: number): BenchRecord {
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
