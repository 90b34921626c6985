import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

/**
 * What tests need of the machine beyond Node and what every Debian has. A test that needs some of it runs where that is there:
 * `test.runIf(isRoot)`, `test.runIf(canRun("strace"))`; the whole project docker where `dockerLacks` says nothing.
 */
export const isRoot = process.getuid?.() === 0;

const programs = [
  "strace",
  "tshark",
  "busybox",
  "curl",
  "wget",
  "ss",
  "docker-compose",
  "zsh",
  "fish",
  "systemctl",
  "systemd-analyze",
  "crontab",
  "logrotate",
  "fail2ban-regex",
  "ufw",
  "haproxy",
  "chromium",
  "iptables",
  "ip",
  "prometheus",
  "promtool",
] as const;

/** Where the shell would find the program. */
export function programPath(program: string): string | undefined {
  return programPaths(program)[0];
}

/** Everywhere on PATH where it is. */
export function programPaths(program: string): string[] {
  const paths = (process.env.PATH ?? "").split(":").map((folder) => join(folder, program));
  return [...new Set(paths)].filter(isExecutable);
}

/** Naming a program here puts it among those whose absence a test run tells of. */
export function canRun(...names: readonly (typeof programs)[number][]): boolean {
  return names.every((name) => programPath(name) !== undefined);
}

/** What keeps every docker test from running. */
export async function dockerLacks(): Promise<string | undefined> {
  if (!(await engineAnswers())) return "no Docker engine answers";
  const missing = ["docker", "mmdebstrap"].filter((program) => programPath(program) === undefined);
  return missing.length > 0 ? `no ${missing.join(" and no ")}` : undefined;
}

/** One sentence on what does not run here; nothing where everything does. */
export async function whatDoesNotRun(): Promise<string | undefined> {
  const docker = await dockerLacks();
  const missing = programs.filter((program) => !canRun(program));
  const parts = [
    docker === undefined ? [] : `the docker tests (${docker})`,
    isRoot ? [] : "what only root may do",
    missing.length === 0 ? [] : `what takes ${missing.join(", ")}`,
  ].flat();
  return parts.length === 0 ? undefined : `Not run on this machine: ${parts.join("; ")}.`;
}

async function engineAnswers(): Promise<boolean> {
  try {
    await new Docker().ping();
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
