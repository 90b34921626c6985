import type { HostContext } from "../../context.ts";
import { type HostPart, hostParts } from "../../domain/host-record.ts";
import { defaultSettings, type Settings } from "../../domain/settings.ts";
import { hasSecret } from "../../domain/user.ts";
import { clockUrls } from "../doctor/compare-clocks.ts";
import { defaultCoverDomain } from "../load-state.ts";
import { canComplete } from "./help-files.ts";
import { type AddressLookup, type HostFacts, readHostFacts } from "./host-facts.ts";
import type { SetupAnswers } from "./setup-answers.ts";

/** What a wizard proposes from: the machine, what was set up before, and what is answered already. */
export interface SetupBackground {
  readonly facts: HostFacts;
  readonly isRepeated: boolean;
  /** Of this home, or the defaults. */
  readonly settings: Settings;
  readonly coverDomain: string;
  /** Empty when none is set. */
  readonly proxyTag: string;
  /** Somebody has a link already. */
  readonly hasUsers: boolean;
  readonly installed: readonly HostPart[];
  /** A shell here could complete our commands. */
  readonly canComplete: boolean;
}

export async function readSetupBackground(
  ctx: HostContext,
  given: SetupAnswers,
  lookups: readonly AddressLookup[],
): Promise<SetupBackground> {
  const { stores } = ctx;
  const present = await stores.settings.read();
  const settings = present ?? defaultSettings;
  const knowsHost = given.publicHost !== undefined || settings.publicHost !== "";
  const [facts, { users }, channel, coverDomains, record] = await Promise.all([
    readHostFacts(ctx, { ports: [], lookups: knowsHost ? [] : lookups, clocks: clocksFor(settings, given) }),
    stores.users.read(),
    stores.promotedChannel.read(),
    stores.coverDomains.read(),
    stores.hostRecord.read(),
  ]);
  return {
    facts,
    isRepeated: present !== undefined,
    settings,
    coverDomain: defaultCoverDomain({ settings, coverDomains }),
    proxyTag: channel?.enabled === true ? channel.proxyTag : "",
    hasUsers: users.some(hasSecret),
    canComplete: await canComplete(ctx),
    installed: hostParts.filter((part) => record.some((entry) => entry.part === part)),
  };
}

/** Where the files will be fetched from. */
function clocksFor(settings: Settings, { proxyConfigUrl, proxySecretUrl }: SetupAnswers): string[] {
  return clockUrls({
    proxyConfigUrls: proxyConfigUrl ?? settings.proxyConfigUrls,
    proxySecretUrls: proxySecretUrl ?? settings.proxySecretUrls,
  });
}
