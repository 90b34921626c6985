import { secretsOf } from "../../domain/user.ts";
import { examine, whyNot } from "../cover-domains/check-domain.ts";
import type { State } from "../load-state.ts";
import { type Check, failed, ok, skipped, some, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

/** What is wrong with one domain. */
interface Complaint {
  readonly domain: string;
  readonly words: string;
  readonly isBad: boolean;
}

export const coverDomainsCheck: Check = {
  id: "cover-domains",
  title: "the sites that fake-TLS links imitate",
  run: async (exam) => {
    const inUse = domainsInUse(await exam.state());
    if (inUse.length === 0) return skipped("nobody has a fake-TLS link");
    const complaints = (await Promise.all(inUse.map((domain) => complaintOf(exam, domain)))).flatMap((it) => it ?? []);
    const bad = complaints.filter(({ isBad }) => isBad);
    const [first = complaints[0]] = bad;
    if (first === undefined) return ok(`${some(inUse)}: as a browser and the proxy expect`);
    const words = (bad.length > 0 ? bad : complaints).map((it) => `${it.domain}: ${it.words}`).join("; ");
    const hint = `mtproxy check-domain ${first.domain}`;
    return bad.length > 0 ? failed(words, hint) : warning(words, hint);
  },
};

/** Domains that are in somebody's link. */
function domainsInUse({ users, sharedSecrets }: State): string[] {
  const secrets = [
    ...users.flatMap((user) => (user.enabled ? secretsOf(user) : [])),
    ...sharedSecrets.flatMap(({ active, secret }) => (active ? [secret] : [])),
  ];
  return [...new Set(secrets.flatMap((secret) => (secret.mode === "fake-tls" ? [secret.domain] : [])))];
}

async function complaintOf({ ctx }: Examination, domain: string): Promise<Complaint | undefined> {
  const judged = await examine(ctx, { domain });
  if (judged.verdict === "good") return undefined;
  return { domain, words: whyNot(judged), isBad: judged.verdict === "bad" };
}
