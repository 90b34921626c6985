import { isIpv4 } from "../../domain/address.ts";
import type { Settings } from "../../domain/settings.ts";
import { type Check, failed, ok, skipped } from "./check.ts";
import type { Examination } from "./examination.ts";

export const natCheck: Check = {
  id: "nat",
  title: "the address that Telegram sees is this server's",
  run: async (exam) => {
    const settings = await exam.settings();
    if (settings.engine === "trial") return skipped("the trial engine tells Telegram no address");
    const egress = settings.egressIpv4 ?? settings.publicHost;
    if (!isIpv4(egress))
      return failed("the address that Telegram sees is not known", "mtproxy config set egress_ipv4 ADDRESS");
    const source = await knownBy(exam, settings, egress);
    if (source !== undefined) return ok(`${egress} is ${source}`);
    const proven = await isProven(exam);
    const words = `${egress} is neither an address of this machine nor what ${settings.publicHost} leads to`;
    if (proven) return ok(`${words}, but Telegram's servers take connections with it`);
    return failed(
      `${words}: if it is wrong, the port is open, no client works and nothing says so`,
      "mtproxy config set egress_ipv4 ADDRESS (what does https://api.ipify.org say on this server?)",
    );
  },
};

async function knownBy({ ctx }: Examination, settings: Settings, egress: string): Promise<string | undefined> {
  const own = await ctx.host.addresses();
  if (own.includes(egress)) return "an address of this machine";
  const { publicHost } = settings;
  if (isIpv4(publicHost)) return undefined;
  return (await ctx.host.lookup(publicHost)).ipv4.includes(egress) ? `where ${publicHost} leads` : undefined;
}

/**
 * A connection to one of Telegram's servers is keyed with the address: a wrong one makes none. What runs may have another address
 * than the one that is set, while the change could not be made live.
 */
async function isProven(exam: Examination): Promise<boolean> {
  try {
    if ((await exam.backlog()).pending) return false;
    return (await exam.running()).some(({ stats }) => (stats?.readyTargets ?? 0) > 0);
  } catch {
    return false;
  }
}
