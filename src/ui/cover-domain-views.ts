import type { AddedCoverDomain } from "../app/cover-domains/add-cover-domain.ts";
import type { CheckedDomain } from "../app/cover-domains/check-domain.ts";
import type { CoverDomainList } from "../app/cover-domains/list-cover-domains.ts";
import type { RemovedCoverDomain } from "../app/cover-domains/remove-cover-domain.ts";
import type { Style } from "../commands/command.ts";
import type { CoverCheck, CoverVerdict } from "../domain/cover-verdict.ts";

/** FR-503's list, line by line as it was asked for. */
export function coverDomainListView({ domains }: CoverDomainList): string {
  return [
    `Fake-TLS Domains (${domains.length}):`,
    ...domains.map(({ domain }, index) => `${index + 1}. ${domain}`),
  ].join("\n");
}

export function checkedDomainView({ domain, verdict, checks }: CheckedDomain, style: Style): string {
  const lines = checks.map((check) => `  ${mark(check, style)} ${check.reason}`);
  return [`${style.bold(domain)}: ${colored(verdict, style)}`, ...lines].join("\n");
}

export function addedCoverDomainView({ domain, added, check }: AddedCoverDomain, style: Style): string {
  const verdict = check === null ? [] : [checkedDomainView(check, style), ""];
  const done = added ? `${style.good("✓")} ${domain} is on the list` : `${domain} is on the list already`;
  return [...verdict, check?.verdict === "bad" ? `${domain} is not added` : done].join("\n");
}

export function removedCoverDomainView({ domain, removed }: RemovedCoverDomain, style: Style): string {
  return removed ? `${style.good("✓")} ${domain} is off the list` : `${domain} can be taken off the list`;
}

function mark({ verdict }: CoverCheck, style: Style): string {
  return { good: style.good("✓"), usable: style.warning("!"), bad: style.bad("✗") }[verdict];
}

function colored(verdict: CoverVerdict, style: Style): string {
  return { good: style.good, usable: style.warning, bad: style.bad }[verdict](verdict);
}
