import type { HostContext } from "../../context.ts";
import { HAPROXY_LOG } from "../../domain/connection-log.ts";
import type { Settings } from "../../domain/settings.ts";
import { fail2banFiles, type HostFileFacts } from "../../render/host-files.ts";
import type { HostServices } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";

/** A jail without whole addresses has nobody to ban. */
export function jailState({ routing, logAddresses }: Settings): HostFileFacts["jail"] {
  if (routing === "direct") return "off";
  return logAddresses === "full" ? "on" : "gone";
}

/** The log is there before a jail is that reads it: fail2ban does not start without. */
export async function putFail2ban(
  ctx: HostContext,
  facts: HostFileFacts,
  services: HostServices,
): Promise<string | undefined> {
  if (!services.fail2ban) return undefined;
  if (facts.jail === "on") await startLog(ctx);
  const paths = await putHostFiles(ctx, "fail2ban", fail2banFiles(facts));
  if (paths.length === 0) return undefined;
  await reload(ctx);
  return `fail2ban filter, ${states[facts.jail]}: ${paths.join(", ")}`;
}

const states: Readonly<Record<HostFileFacts["jail"], string>> = {
  on: "its jail on",
  off: "its jail off until HAProxy routes",
  gone: "its jail gone, because the log tells no whole addresses",
};

async function startLog({ files, machine }: HostContext): Promise<void> {
  const path = machine.at(HAPROXY_LOG);
  if ((await files.stat(path)) === undefined) await files.write(path, "", { mode: 0o640 });
}

/** One that does not run reads the files when it starts. */
async function reload({ machine, progress }: HostContext): Promise<void> {
  if (machine.root !== undefined) return;
  const { failed } = await machine.run(["fail2ban-client", "ping"]);
  if (failed) return;
  const reloaded = await machine.run(["fail2ban-client", "reload"]);
  if (reloaded.failed) progress.warn(`fail2ban has not read its files anew: ${reloaded.all.trim().split("\n").at(-1)}`);
}
