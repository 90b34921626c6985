import { defaultSettings } from "../../domain/settings.ts";
import { type Check, failed, ok, skipped } from "./check.ts";
import type { Examination } from "./examination.ts";

/** The oldest that was tried: a Compose file as ours works from 1.29 on, hardening as ours from Docker 20.10 on. */
const OLDEST = { daemon: "20.10", compose: "1.29" } as const;

export const dockerCheck: Check = {
  id: "docker",
  title: "Docker and Compose",
  // A daemon that is well answers within milliseconds.
  limitMs: 5000,
  run: async (exam) => {
    const settings = await settingsOrDefault(exam);
    const engine = await exam.ctx.engine(settings);
    if (engine.versions === undefined) return skipped("the trial engine needs no Docker");
    const { daemon, compose, composeCommand } = await engine.versions();
    const found = `Docker ${daemon}, ${composeCommand.join(" ")} ${compose}`;
    if (isOlder(daemon, OLDEST.daemon) || isOlder(compose, OLDEST.compose))
      return failed(
        `${found}: Docker ${OLDEST.daemon} and Compose ${OLDEST.compose} are the oldest that work`,
        "apt-get install docker.io docker-compose",
      );
    return ok(found);
  },
};

/** Before a setup the machine is looked at as setup would use it. */
async function settingsOrDefault({ ctx }: Examination) {
  return (await ctx.stores.settings.read().catch(() => undefined)) ?? defaultSettings;
}

/** Versions such as `20.10.24+dfsg1` or `v2.26.1-4`; one that has no number is not called old. */
export function isOlder(version: string, oldest: string): boolean {
  const [major, minor] = numbers(version);
  const [leastMajor = 0, leastMinor = 0] = numbers(oldest);
  if (major === undefined) return false;
  return major < leastMajor || (major === leastMajor && (minor ?? 0) < leastMinor);
}

function numbers(version: string): number[] {
  return (/\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").filter(Boolean).map(Number);
}
