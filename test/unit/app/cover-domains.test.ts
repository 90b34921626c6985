import { readFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { addCoverDomain } from "../../../src/app/cover-domains/add-cover-domain.ts";
import { checkDomain } from "../../../src/app/cover-domains/check-domain.ts";
import { listCoverDomains } from "../../../src/app/cover-domains/list-cover-domains.ts";
import { removeCoverDomain } from "../../../src/app/cover-domains/remove-cover-domain.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { addSecret } from "../../../src/app/shared-secrets/add-secret.ts";
import type { Context } from "../../../src/context.ts";
import type { CoverProbe } from "../../../src/domain/cover-facts.ts";
import { probeCover } from "../../../src/host/cover-probe.ts";
import { nameAddresses } from "../../../src/host/dns.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { coverCertificate, coverDomain, startCoverSite } from "../../support/cover-site.ts";
import { startDns } from "../../support/dns-server.ts";

const good: CoverProbe = {
  imitation: { ok: true, milliseconds: 30, records: [2600], least: 2600, most: 2600 },
  certificate: { validTo: "2126-01-01T00:00:00.000Z" },
  postQuantum: "refused",
};

/** The scene's context on a machine where names and sites are as given. */
function seeing({ ctx }: AppScene, host: Partial<Context["host"]>): Context {
  return { ...ctx, host: { ...ctx.host, ...host } };
}

const listOf = ({ ctx }: AppScene) => ctx.stores.coverDomains.read();

describe("add-fake-tls-domain", () => {
  it("adds a good one in its one spelling, without a word of warning", async () => {
    const scene = await appScene();
    const ctx = seeing(scene, {
      lookup: async () => ({ ipv4: ["203.0.113.7"], ipv6: [] }),
      probeCover: async () => good,
    });
    const { data, warnings, failure } = await addCoverDomain(ctx, { domain: "WWW.Bücher.Example." });
    expect([failure, warnings]).toEqual([undefined, []]);
    expect(data).toMatchObject({ domain: "www.xn--bcher-kva.example", added: true, check: { verdict: "good" } });
    expect((await listOf(scene)).at(-1)).toBe("www.xn--bcher-kva.example");
  });

  it("adds a usable one with a warning that says why", async () => {
    const scene = await appScene();
    const ctx = seeing(scene, {
      lookup: async () => ({ ipv4: ["192.0.2.1"], ipv6: [] }),
      probeCover: async () => good,
    });
    const { data, warnings } = await addCoverDomain(ctx, { domain: "site.example" });
    expect(data).toMatchObject({ added: true, check: { verdict: "usable" } });
    expect(warnings).toEqual([expect.stringContaining("site.example is another server")]);
  });

  it("refuses a bad one, and takes it with --no-check without looking", async () => {
    const scene = await appScene();
    const ctx = seeing(scene, { lookup: async () => ({ ipv4: [], ipv6: [], fault: "unknown-name" }) });
    const { data, failure } = await addCoverDomain(ctx, { domain: "dead.example" });
    expect(data).toMatchObject({ added: false, check: { verdict: "bad" } });
    expect(failure).toMatchObject({ kind: "invalid", hint: expect.stringContaining("--no-check") });
    expect(await listOf(scene)).not.toContain("dead.example");
    expect((await addCoverDomain(ctx, { domain: "dead.example", check: false })).data).toMatchObject({
      added: true,
      check: null,
    });
    expect(await listOf(scene)).toContain("dead.example");
    expect((await addCoverDomain(ctx, { domain: "dead.example" })).data).toMatchObject({ added: false });
  });

  it("refuses a name that the C proxy would not survive, whatever is said", async () => {
    const scene = await appScene();
    const name = (length: number) =>
      `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(length - 187)}.com`;
    expect(name(216)).toHaveLength(216);
    const add = (domain: string) => addCoverDomain(scene.ctx, { domain, check: false });
    expect((await add(name(216))).data.added).toBe(true);
    await expect(add(name(217))).rejects.toMatchObject({ kind: "invalid" });
  });
});

describe("remove-fake-tls-domain", () => {
  it("is refused while links of users, disabled ones too, or shared secrets name it, and names them", async () => {
    const scene = await appScene();
    const { ctx } = scene;
    const domain = "microsoft.com";
    await addUser(ctx, { name: "alice", fakeTls: domain });
    await addUser(ctx, { name: "bob", fakeTls: domain });
    await switchUser(ctx, { name: "bob", enabled: false });
    const { data } = await addSecret(ctx, { fakeTls: domain });
    await expect(removeCoverDomain(ctx, { domain: "MICROSOFT.com" })).rejects.toMatchObject({
      kind: "conflict",
      message: `microsoft.com is in use: the links of alice, bob, shared secret ${data.id} name it`,
    });
    const listed = (await listCoverDomains(ctx)).data.domains.find((entry) => entry.domain === domain);
    expect(listed).toEqual({ domain, isDefault: false, users: ["alice", "bob"], sharedSecrets: [data.id] });
    expect(await listOf(scene)).toContain(domain);
  });

  it("works again when they are gone, and tells which shard still shows it", async () => {
    const scene = await appScene();
    await addUser(scene.ctx, { name: "alice", fakeTls: "microsoft.com" });
    await removeUser(scene.ctx, { name: "alice" });
    scene.engine.started.length = 0;
    const shards = (await scene.ctx.stores.shards.read()).shards.filter((shard) => shard.coverDomains.length > 0);
    const { data, warnings } = await removeCoverDomain(scene.ctx, { domain: "microsoft.com" });
    expect(data.removed).toBe(true);
    expect(warnings).toHaveLength(shards.length);
    expect([await listOf(scene), scene.engine.started]).toEqual([expect.not.arrayContaining(["microsoft.com"]), []]);
  });

  it("is refused for the default, for the last, and for one that is not there", async () => {
    const scene = await appScene({ defaultCoverDomain: "cloudflare.com" });
    const remove = (domain: string) => removeCoverDomain(scene.ctx, { domain });
    await expect(remove("cloudflare.com")).rejects.toMatchObject({
      kind: "conflict",
      hint: expect.stringContaining("setup --cover-domain"),
    });
    await expect(remove("unlisted.example")).rejects.toMatchObject({ kind: "not-found" });
    const last = await appScene();
    await last.ctx.stores.coverDomains.update(() => ["only.example"]);
    await expect(removeCoverDomain(last.ctx, { domain: "only.example" })).rejects.toMatchObject({ kind: "conflict" });
  });

  it("of the first says what bare --fake-tls takes from now on", async () => {
    const scene = await appScene();
    const { warnings } = await removeCoverDomain(scene.ctx, { domain: "google.com" });
    expect(warnings).toEqual(["bare --fake-tls takes cloudflare.com from now on"]);
  });

  it("keeps comments and blank lines, and changes nothing as a dry run", async () => {
    const scene = await appScene();
    const { coverDomains: path } = scene.home.paths;
    const text = "# ours\n\na.example # the site of a friend\nb.example\n# the end\n";
    await scene.home.put(path, text);
    await removeCoverDomain(scene.ctx, { domain: "b.example", dryRun: true });
    expect(await readFile(path, "utf8")).toBe(text);
    await removeCoverDomain(scene.ctx, { domain: "b.example" });
    expect(await readFile(path, "utf8")).toBe(text.replace("b.example\n", ""));
    await addCoverDomain(scene.ctx, { domain: "c.example", check: false });
    expect(await readFile(path, "utf8")).toBe("# ours\n\na.example # the site of a friend\n# the end\nc.example\n");
  });
});

describe("check-domain", () => {
  it("finds a real site by name servers and knows that it is this server, by its public name", async () => {
    const site = await startCoverSite({ ciphers: "TLS_AES_128_GCM_SHA256" });
    onTestFinished(() => site.close());
    const { address } = await startDns({ [coverDomain]: ["127.0.0.1"], "proxy.example": ["127.0.0.1"] });
    const scene = await appScene({ publicHost: "proxy.example" });
    const servers = { servers: [address] };
    const ctx = seeing(scene, {
      lookup: (name) => nameAddresses(name, servers),
      resolve4: async (name) => (await nameAddresses(name, servers)).ipv4[0],
      probeCover: (asked) => probeCover(asked, { authorities: coverCertificate }),
    });
    const { data, failure } = await checkDomain(ctx, { domain: "Cover.Example.ORG", port: site.port });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({
      domain: coverDomain,
      addresses: ["127.0.0.1"],
      isThisServer: true,
      verdict: "usable",
    });
    expect(data.checks.filter(({ verdict }) => verdict === "usable").map(({ id }) => id)).toEqual(["records"]);
  });

  it("says within seconds that name servers are dead, and connects nowhere", async () => {
    const { address } = await startDns("silent");
    const scene = await appScene();
    const ctx = seeing(scene, {
      lookup: (name) => nameAddresses(name, { servers: [address] }),
      probeCover: () => Promise.reject(new Error("nobody is to be asked")),
    });
    const started = performance.now();
    const { data, failure } = await checkDomain(ctx, { domain: coverDomain });
    expect(performance.now() - started).toBeLessThan(4500);
    expect(failure).toMatchObject({ kind: "unhealthy", message: expect.stringContaining("name servers of this host") });
    expect(data).toMatchObject({ verdict: "bad", addresses: [], records: null, handshakeMs: null });
  });

  it("says of a name with IPv6 addresses only that the proxy cannot use them", async () => {
    const { address } = await startDns({ "six.example": ["2001:db8::7"] });
    const scene = await appScene();
    const ctx = seeing(scene, { lookup: (name) => nameAddresses(name, { servers: [address] }) });
    const { failure } = await checkDomain(ctx, { domain: "six.example" });
    expect(failure?.message).toContain("IPv6 addresses only (2001:db8::7)");
  });

  it("warns of a circle where a proxy of this server holds the port", async () => {
    const scene = await appScene({ port: 443 });
    await addUser(scene.ctx, { name: "alice" });
    const ctx = seeing(scene, {
      lookup: async () => ({ ipv4: ["203.0.113.7"], ipv6: [] }),
      probeCover: async () => good,
    });
    expect((await checkDomain(ctx, { domain: "own.example" })).failure?.message).toContain("in a circle");
    expect((await checkDomain(ctx, { domain: "own.example", port: 8444 })).failure).toBeUndefined();
  });

  it("refuses what is no name and no address", async () => {
    const { ctx } = await appScene();
    await expect(checkDomain(ctx, { domain: "https://example.org/" })).rejects.toMatchObject({ kind: "invalid" });
    await expect(checkDomain(ctx, { domain: "a.example", address: "::1" })).rejects.toMatchObject({ kind: "invalid" });
  });
});
