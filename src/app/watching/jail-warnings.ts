import type { HostContext } from "../../context.ts";
import type { Settings } from "../../domain/settings.ts";
import { isOurFile, JAIL } from "../../render/host-files.ts";
import { jailState } from "../setup/fail2ban.ts";
import { entriesOf } from "../setup/host-context.ts";

/** Why nobody is banned who is hostile to HAProxy. Somebody may have chosen that; nobody should have to remember it. */
export async function jailWarnings(ctx: HostContext, settings: Settings): Promise<string[]> {
  if (settings.routing === "direct") return [];
  const { files, machine } = ctx;
  const isPart = (await entriesOf(ctx, "fail2ban")).length > 0;
  if (!isPart) {
    const isHere = (await files.stat(machine.at("/etc/fail2ban/jail.d"))) !== undefined;
    return isHere ? ["fail2ban is here and bans nobody who guesses keys: mtproxy setup --fail2ban"] : [];
  }
  if (jailState(settings) === "gone")
    return [`fail2ban bans nobody: log_addresses is ${settings.logAddresses}, not full, so its jail is gone`];
  const jail = await files.readText(machine.at(JAIL));
  const isOn = jail !== undefined && isOurFile(jail) && /^enabled = true$/m.test(jail);
  return isOn ? [] : ["fail2ban bans nobody: its jail is not there as it should be: sudo mtproxy setup"];
}
