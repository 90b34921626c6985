import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliOptions } from "./cli.ts";

/**
 * A machine on which systemd seems to serve: in the mount namespace of each command the folder of units is one of its own, and a small
 * program in systemctl's place really starts and ends what the units say. Logs and fail2ban of this machine are out of sight. For root.
 */
export class StandInSystemd {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<StandInSystemd> {
    const folder = await mkdtemp(join(tmpdir(), "mtproxy-systemd-"));
    await chmod(folder, 0o755);
    for (const name of ["bin", "units", "state", "log"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "bin/systemctl"), systemctl(join(folder, "state")), { mode: 0o755 });
    return new StandInSystemd(folder);
  }

  /** Options of a command that is to run there. */
  get on(): Required<Pick<CliOptions, "within" | "env">> {
    const within = ["unshare", "--mount", "--", "sh", "-ec", surroundings(this.folder), "sh"];
    return { within, env: { PATH: `${join(this.folder, "bin")}:${process.env.PATH}` } };
  }

  /** Names of the unit files. */
  async units(): Promise<string[]> {
    return (await readdir(join(this.folder, "units"))).sort();
  }

  /** What systemctl was told to do with services, without what all of them are named by. */
  async calls(): Promise<string[]> {
    const text = await readFile(join(this.folder, "state/calls"), "utf8").catch(() => "");
    return text.replaceAll("familytraffic-mtproxy-", "").replaceAll(".service", "").trim().split("\n");
  }

  async forgetCalls(): Promise<void> {
    await rm(join(this.folder, "state/calls"), { force: true });
  }

  /** Processes of services that live, by the unit's name. */
  async running(): Promise<ReadonlyMap<string, number>> {
    const names = (await readdir(join(this.folder, "state"))).filter((name) => name.endsWith(".pid"));
    const found = await Promise.all(
      names.map(async (name) => [name.slice(0, -4), Number(await readFile(join(this.folder, "state", name)))] as const),
    );
    const lives = await Promise.all(found.map(([, pid]) => isAlive(pid)));
    return new Map(found.filter((_, index) => lives[index]));
  }

  /** Its process, as a crash would: never a pid of nobody, which would be the test's own process group. */
  async killService(unit: string): Promise<void> {
    const pid = (await this.running()).get(unit);
    if (pid === undefined) throw new Error(`${unit} does not run`);
    process.kill(pid, "SIGKILL");
  }

  /** From now on systemctl cannot start this service; until it is mended. */
  async breakUnit(name: string): Promise<() => Promise<void>> {
    const path = join(this.folder, "state", `${name}.broken`);
    await writeFile(path, "");
    return () => rm(path);
  }

  async dispose(): Promise<void> {
    for (const pid of (await this.running()).values()) process.kill(pid, "SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One that ended may still be in the list until somebody asks for its exit code. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tZ");
  return !/^State:\s+Z/m.test(status);
}

/** The engine's socket stays where it is. */
function surroundings(folder: string): string {
  return `
    if [ -S /run/docker.sock ]; then touch ${folder}/docker.sock; mount --bind /run/docker.sock ${folder}/docker.sock; fi
    mount -t tmpfs none /run
    if [ -S ${folder}/docker.sock ]; then touch /run/docker.sock; mount --bind ${folder}/docker.sock /run/docker.sock; fi
    mkdir -p /run/systemd/system /run/lock
    mount --bind ${folder}/units /etc/systemd/system
    mount --bind ${folder}/log /var/log
    if [ -d /etc/fail2ban ]; then mount -t tmpfs none /etc/fail2ban; fi
    exec "$@"`;
}

/** Knows the verbs that are needed here, and fails at any other. */
function systemctl(state: string): string {
  return `#!/bin/sh
set -eu
now=
quiet() { [ "\${1:-}" = --quiet ]; }
if quiet "$@"; then shift; fi
verb=$1; shift
if [ "\${1:-}" = --now ]; then now=1; shift; fi
echo "$verb $*" >>${state}/calls
lives() { [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
pid() { cat "${state}/$1.pid" 2>/dev/null || echo 0; }
stop() {
  pid=$(pid "$1")
  if lives "$pid"; then kill "$pid"; while lives "$pid"; do sleep 0.02; done; fi
  rm -f "${state}/$1.pid"
}
start() {
  if [ -e "${state}/$1.broken" ]; then echo "Job for $1 failed." >&2; exit 1; fi
  if lives "$(pid "$1")"; then return; fi
  instance=$(echo "$1" | sed -n 's/.*@\\([^.]*\\)\\..*/\\1/p')
  file=/etc/systemd/system/$(echo "$1" | sed 's/@[^.]*\\./@./')
  command=$(sed -n 's/^ExecStart=//p' "$file" | sed "s/%i/$instance/")
  setsid sh -c "exec $command" >>"${state}/$1.log" 2>&1 </dev/null &
  echo $! >"${state}/$1.pid"
}
case $verb in
  daemon-reload|enable) ;;
  start) for unit; do start "$unit"; done ;;
  restart) for unit; do stop "$unit"; start "$unit"; done ;;
  disable) for unit; do if [ -n "$now" ]; then stop "$unit"; fi; done ;;
  *) echo "Unknown command verb $verb" >&2; exit 1 ;;
esac
`;
}
