import { expect, test } from "vitest";
import { untoldPatience } from "../../../src/app/settings/site-patience.ts";
import type { SiteChoice } from "../../../src/domain/cover-site.ts";
import type { ModeFamily } from "../../../src/domain/shard.ts";

type Planned = Parameters<typeof untoldPatience>[0];

const planned = (coverSite: SiteChoice | undefined, families: readonly ModeFamily[]) =>
  ({
    state: { settings: { coverSite } },
    plan: { book: { shards: families.map((family) => ({ family })) } },
  }) as unknown as Planned;

test.each<[string, SiteChoice | undefined, ModeFamily[]]>([
  ["--domains", undefined, ["fake-tls"]],
  ["--domains", { kind: "domains" }, ["fake-tls", "fake-tls"]],
  ["--server 192.0.2.7:8080", { kind: "server", address: "192.0.2.7", port: 8080 }, ["fake-tls"]],
])("says set-cover-site %s where only fake-TLS is served and nobody measured the site", (choice, site, families) => {
  expect(untoldPatience(planned(site, families))).toEqual([
    expect.stringContaining(`mtproxy set-cover-site ${choice} `),
  ]);
});

test.each<[SiteChoice | undefined, ModeFamily[]]>([
  [undefined, ["fake-tls", "obfuscated"]],
  [{ kind: "domains", patience: 60 }, ["fake-tls"]],
  [{ kind: "page", certificate: "/c", key: "/k" }, ["fake-tls"]],
])("says nothing for %j with %j", (site, families) => {
  expect(untoldPatience(planned(site, families))).toEqual([]);
});
