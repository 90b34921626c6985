import type { AddedCoverDomain } from "../app/cover-domains/add-cover-domain.ts";
import type { CheckedDomain } from "../app/cover-domains/check-domain.ts";
import type { CoverDomainList, ListedCoverDomain } from "../app/cover-domains/list-cover-domains.ts";
import type { RemovedCoverDomain } from "../app/cover-domains/remove-cover-domain.ts";
import type { CoverCheck, CoverVerdict } from "../domain/cover-verdict.ts";
import { choice, count, flag, list, object, orNull, shared, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands about the sites that fake-TLS imitates. */

const verdict = shared<CoverVerdict>(
  "cover-verdict",
  choice("Fitness as a cover", {
    good: "nothing to be told by",
    usable: "links work, and somebody who looks closely can tell",
    bad: "do not take it",
  }),
);

const check = object<CoverCheck>("One thing that was looked at", {
  id: choice("What", {
    dns: "whether the name has an IPv4 address",
    handshake: "whether the proxy can imitate its TLS 1.3",
    records: "how many records its answer has",
    time: "how fast it answers",
    certificate: "what browsers think of it",
    "post-quantum": "whether it takes X25519MLKEM768",
    address: "whether it is this server",
    fame: "whether everybody knows where it is",
  }),
  verdict: verdict(),
  reason: text("A sentence", { minLength: 1 }),
});

const checkedDomain = shared<CheckedDomain>(
  "checked-domain",
  object<CheckedDomain>("What speaks for and against a site as a cover", {
    verdict: verdict("The worst of the checks"),
    checks: list("One by one", check),
    domain: value.domain(),
    port: value.port("Port that was tried"),
    addresses: list("The proxy is given the first", value.ipv4()),
    isThisServer: flag("One of the addresses is this server's"),
    handshakeMs: orNull(count("The slowest of twenty handshakes, milliseconds; null where one failed")),
    records: orNull(list("Encrypted records of the site's answer; null where there was none", count("Size in bytes"))),
    certificateValidTo: value.instantOrNull("When the certificate ends; null without one"),
    postQuantum: choice("Whether X25519MLKEM768 is taken", { accepted: "", refused: "", unknown: "" }),
  }),
);

const listedDomain = object<ListedCoverDomain>("A cover domain", {
  domain: value.domain(),
  isDefault: flag("Bare --fake-tls takes it"),
  users: list("People whose links name it", value.userName()),
  sharedSecrets: list("Shared secrets whose links name it", value.secretId()),
});

export const coverDomains = {
  "list-fake-tls-domains": object<CoverDomainList>("The whitelist", { domains: list("In its order", listedDomain) }),
  "add-fake-tls-domain": object<AddedCoverDomain>("Whether it is on the list now", {
    domain: value.domain(),
    added: flag("False when it was on the list already, or was refused"),
    check: orNull(checkedDomain("Null without a check")),
  }),
  "remove-fake-tls-domain": object<RemovedCoverDomain>("Whether it is off the list now", {
    domain: value.domain(),
    removed: flag("It is gone"),
  }),
  "check-domain": checkedDomain(),
};
