import type { HostContext } from "../../context.ts";
import { readServices } from "../setup/host-facts.ts";
import { type Check, failed, ok, skipped, warning } from "./check.ts";

const NAME = "familytraffic-mtproxy-refresh-config";

/** Where what runs by itself is written down: systemd's unit, or the job of cron. */
const PLACES = [`/etc/systemd/system/${NAME}.service`, "/etc/cron.d/familytraffic-mtproxy"] as const;

const NONE =
  "mtproxy setup offers a timer; or run mtproxy refresh-config --quiet daily and mtproxy tick --quiet from cron";

export const scheduleCheck: Check = {
  id: "schedule",
  title: "a timer fetches Telegram's addresses and ends what expires",
  run: async (exam) => {
    const { engine } = await exam.settings();
    const job = await findJob(exam.ctx);
    if (job === undefined)
      return engine === "trial"
        ? skipped("a first look needs no timer")
        : warning("nothing fetches Telegram's addresses or ends what expires by itself", NONE);
    const missing = await missingProgram(exam.ctx, job.text);
    if (missing !== undefined)
      return failed(`${job.path} starts ${missing}, which is not there`, "mtproxy setup writes it anew");
    if (!job.text.includes(exam.ctx.paths.home))
      return warning(`${job.path} is for another home`, "mtproxy setup writes it anew for this one");
    if (job.path.startsWith("/etc/cron.d/") && !(await readServices(exam.ctx)).cron)
      return failed(`${job.path} is there, but no cron that reads it`, "apt-get install cron");
    return (await systemdFault(exam.ctx, job.path)) ?? ok(`${job.path} does`);
  },
};

interface Job {
  /** System path. */
  readonly path: string;
  readonly text: string;
}

async function findJob({ files, machine }: HostContext): Promise<Job | undefined> {
  for (const path of PLACES) {
    const text = await files.readText(machine.at(path));
    if (text?.includes("refresh-config") === true) return { path, text };
  }
  return undefined;
}

/** The interpreter and the program stand in front of --home; both may have moved since. */
async function missingProgram({ machine }: HostContext, text: string): Promise<string | undefined> {
  const line = text.split("\n").find((it) => it.includes("refresh-config") && it.includes("--home")) ?? "";
  const [words = ""] = line.split(" --home ");
  for (const [path] of words.matchAll(/(?<=[\s=;]|^)\/[^\s;"']+/g)) if (!(await machine.hasEntry(path))) return path;
  return undefined;
}

/** A system that is only being put together has no systemd that could be asked. */
async function systemdFault({ machine }: HostContext, path: string) {
  if (!path.endsWith(".service") || machine.root !== undefined) return undefined;
  const [timer, service] = await Promise.all([
    machine.run(["systemctl", "is-active", `${NAME}.timer`]),
    machine.run(["systemctl", "is-failed", `${NAME}.service`]),
  ]);
  if (timer.stdout.trim() !== "active")
    return failed(`${NAME}.timer is not active`, `systemctl enable --now ${NAME}.timer`);
  if (service.stdout.trim() === "failed")
    return failed(`the last run of ${NAME} failed`, `journalctl -u ${NAME} shows why`);
  return undefined;
}
