import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { CliResult } from "../support/cli.ts";
import { runCli } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { coverCertificate, coverDomain, startCoverSite } from "../support/cover-site.ts";
import { tempFolder } from "../support/temp-home.ts";
import { deadPort } from "../support/web.ts";

const home = sharedCliHome();
beforeAll(async () => {
  await home().add("alice", "--fake-tls", "microsoft.com");
});

/** Where a real site is, and the environment in which its certificate is trusted. */
async function realSite(options: Parameters<typeof startCoverSite>[0] = {}) {
  const site = await startCoverSite({ ciphers: "TLS_AES_128_GCM_SHA256", ...options });
  onTestFinished(() => site.close());
  const authority = join(await tempFolder(), "authority.pem");
  await writeFile(authority, coverCertificate);
  return { place: ["--address", "127.0.0.1", "--port", String(site.port)], env: { NODE_EXTRA_CA_CERTS: authority } };
}

function checksOf({ json }: CliResult): Record<string, string> {
  const { checks } = json.data as { checks: { id: string; verdict: string }[] };
  return Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]));
}

test("list-fake-tls-domains is the list of the requirements, to the letter", async () => {
  const { code, stdout, stderr } = await home().mtproxy("list-fake-tls-domains");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`Fake-TLS Domains (5):
1. google.com
2. cloudflare.com
3. microsoft.com
4. aws.amazon.com
5. azure.microsoft.com
`);
  const { json } = await home().mtproxy("list-fake-tls-domains", "--json");
  const { domains } = json.data as { domains: object[] };
  expect([domains[0], domains[2]]).toEqual([
    { domain: "google.com", is_default: true, users: [], shared_secrets: [] },
    { domain: "microsoft.com", is_default: false, users: ["alice"], shared_secrets: [] },
  ]);
});

describe("check-domain", () => {
  test("of a site on this server that can be imitated says what it found, without a home", async () => {
    const { place, env } = await realSite();
    const { code, stdout, stderr } = await runCli(["check-domain", coverDomain, ...place], {
      home: join(await tempFolder(), "none"),
      env,
    });
    expect([code, stderr]).toEqual([0, `… checking ${coverDomain}\n`]);
    expect(stdout).toMatch(
      /^cover\.example\.org: usable\n {2}✓ not asked: 127\.0\.0\.1 was given\n {2}✓ TLS 1\.3 with TLS_AES_128_GCM_SHA256/,
    );
    expect(stdout).toMatch(/\n {2}! the site answers with 4 encrypted records \(\d+ \+ /);
    expect(stdout).toMatch(/\n {2}✓ the slowest of twenty handshakes took \d+ ms\n/);
    expect(stdout).toContain("  ✓ the certificate is valid for cover.example.org until 2126-");
    expect(stdout).toContain("  ✓ X25519MLKEM768 is not taken");
    expect(stdout).toContain("  ! cover.example.org is another server");
  });

  test("knows its own server by the public host, as JSON", async () => {
    const { place, env } = await realSite();
    const result = await home().run(["check-domain", coverDomain, ...place, "--json"], { env });
    expect(result.code).toBe(0);
    expect(result.json.data).toMatchObject({
      ...{ domain: coverDomain, verdict: "usable", addresses: ["127.0.0.1"], is_this_server: true },
      ...{
        handshake_ms: expect.any(Number),
        post_quantum: "refused",
        certificate_valid_to: "2126-10-28T04:22:43.000Z",
      },
      records: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    expect(checksOf(result)).toEqual({
      ...{ dns: "good", handshake: "good", records: "usable", time: "good" },
      ...{ certificate: "good", "post-quantum": "good", address: "good", fame: "good" },
    });
  });

  test.each<[string, Parameters<typeof startCoverSite>[0], string]>([
    [
      "TLS 1.2 only",
      { ciphers: "HIGH", tls: { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } },
      "does not speak TLS 1.3",
    ],
    ["AES-256 only", { ciphers: "TLS_AES_256_GCM_SHA384" }, "chooses TLS_AES_256_GCM_SHA384"],
    ["another group", { tls: { ecdhCurve: "secp384r1" } }, "HelloRetryRequest for secp384r1"],
  ])("of a site with %s is bad, with exit code 9 and the reason", async (_, options, words) => {
    const { place, env } = await realSite(options);
    const { code, stdout, stderr } = await home().run(["check-domain", coverDomain, ...place], { env });
    expect([code, stdout]).toEqual([9, expect.stringContaining(`${coverDomain}: bad\n`)]);
    expect(stderr).toContain(`✗ ${coverDomain} is no good as a cover: `);
    expect(stderr).toContain(words);
  });

  test("of a closed port, of an untrusted certificate and of what is no name", async () => {
    const closed = await home().mtproxy(
      "check-domain",
      coverDomain,
      "--address",
      "127.0.0.1",
      "--port",
      String(await deadPort()),
      "--json",
    );
    expect([closed.code, checksOf(closed).handshake]).toEqual([9, "bad"]);
    const { place } = await realSite();
    const untrusted = await home().mtproxy("check-domain", coverDomain, ...place, "--json");
    expect([untrusted.code, checksOf(untrusted).certificate]).toEqual([9, "bad"]);
    expect((await home().mtproxy("check-domain", "https://example.org")).code).toBe(3);
    expect((await home().mtproxy("check-domain", coverDomain, "--port", "0")).code).toBe(3);
  });
});

describe("add-fake-tls-domain", () => {
  test("shows the verdict, warns of a usable one, and users get links with it at once", async () => {
    const { place, env } = await realSite();
    const { code, stdout, stderr } = await home().run(["add-fake-tls-domain", "Cover.Example.ORG", ...place], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(`${coverDomain}: usable\n`);
    expect(stdout).toMatch(/\n\n✓ cover\.example\.org is on the list\n$/);
    expect(stderr).toContain(`${coverDomain} can be used, but: the site answers with 4 encrypted records`);
    const card = await home().add("carol", "--fake-tls", coverDomain);
    expect([card.domain, await home().works(card.link)]).toEqual([coverDomain, true]);
  });

  test("refuses a bad one with exit code 3 and names --no-check, which adds it", async () => {
    const domain = "dead.example.org";
    const place = ["--address", "127.0.0.1", "--port", String(await deadPort())];
    const refused = await home().mtproxy("add-fake-tls-domain", domain, ...place, "--json");
    expect([refused.code, refused.json.data]).toEqual([3, expect.objectContaining({ added: false })]);
    expect(refused.json.error?.hint).toContain(`mtproxy add-fake-tls-domain ${domain} --no-check`);
    const unlisted = await home().mtproxy("add-user", "dave", "--fake-tls", domain);
    expect([unlisted.code, unlisted.stderr]).toEqual([
      3,
      expect.stringContaining(`mtproxy add-fake-tls-domain ${domain}`),
    ]);
    expect((await home().mtproxy("add-fake-tls-domain", domain, "--no-check", "--dry-run")).code).toBe(0);
    expect(await readFile(home().path("config/mtproxy/fake_tls_domains.txt"), "utf8").catch(() => "")).not.toContain(
      domain,
    );
    const added = await home().mtproxy("add-fake-tls-domain", domain, "--no-check", "--json");
    expect([added.code, added.json.data]).toEqual([0, { domain, added: true, check: null }]);
    expect((await home().mtproxy("add-fake-tls-domain", domain)).stdout).toBe(`${domain} is on the list already\n`);
  });
});

describe("remove-fake-tls-domain", () => {
  test("is refused with exit code 5 while links name it, and names whose", async () => {
    const { code, stderr } = await home().mtproxy("remove-fake-tls-domain", "microsoft.com");
    expect(code).toBe(5);
    expect(stderr).toContain("microsoft.com is in use: the links of alice name it");
  });

  test("takes it off and leaves comments alone", async () => {
    const file = home().path("config/mtproxy/fake_tls_domains.txt");
    await writeFile(
      file,
      `# mine\n\n${await readFile(file, "utf8").catch(() => "google.com\nmicrosoft.com\n")}late.example\n`,
    );
    const { code, stdout } = await home().mtproxy("remove-fake-tls-domain", "late.example");
    expect([code, stdout]).toEqual([0, "✓ late.example is off the list\n"]);
    expect(await readFile(file, "utf8")).toMatch(/^# mine\n\n/);
    expect(await readFile(file, "utf8")).not.toContain("late.example");
    expect((await home().mtproxy("remove-fake-tls-domain", "late.example")).code).toBe(4);
  });
});
