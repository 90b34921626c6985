import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hostsEntries, lookupAll, resolve4, socketLookup } from "../../../src/host/dns.ts";
import { startDns } from "../../support/dns-server.ts";
import { deadPort } from "../../support/web.ts";

const addresses = { "cover.example": ["192.0.2.7", "192.0.2.8"], "v6only.example": [] };

async function hostsFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hosts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "hosts"), text);
  return join(folder, "hosts");
}

describe("resolve4", () => {
  it("asks DNS for the address of a name", async () => {
    const dns = await startDns(addresses);
    expect(await resolve4("cover.example", { servers: [dns.address] })).toMatch(/^192\.0\.2\.[78]$/);
    expect(dns.questions).toEqual(["cover.example"]);
  });

  it("knows no address of a name that DNS denies, nor of one without IPv4", async () => {
    const { address } = await startDns(addresses);
    expect(await resolve4("nobody.example", { servers: [address] })).toBeUndefined();
    expect(await resolve4("v6only.example", { servers: [address] })).toBeUndefined();
  });

  it("gives up in time on a DNS server that never answers, and keeps nothing going", async () => {
    const { address, questions } = await startDns("silent");
    const started = performance.now();
    expect(await resolve4("cover.example", { servers: [address], timeoutMs: 400 })).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
    const asked = questions.length;
    expect(asked).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(questions).toHaveLength(asked);
  });

  it("reaches the second DNS server behind a silent one before time runs out", async () => {
    const [silent, good] = await Promise.all([startDns("silent"), startDns(addresses)]);
    expect(await resolve4("cover.example", { servers: [silent.address, good.address], timeoutMs: 1500 })).toBeDefined();
  });

  it("takes the host's own list before DNS, and an address as it stands", async () => {
    const dns = await startDns(addresses);
    const options = { servers: [dns.address], hostsFile: await hostsFile("10.1.2.3 other Cover.Example # mine\n") };
    expect(await resolve4("cover.EXAMPLE", options)).toBe("10.1.2.3");
    expect(await resolve4("203.0.113.9", options)).toBe("203.0.113.9");
    expect(await resolve4("2001:db8::1", options)).toBeUndefined();
    expect(dns.questions).toEqual([]);
  });
});

describe("lookupAll", () => {
  it("says whether DNS denies a name or does not answer", async () => {
    const [dns, silent] = await Promise.all([startDns(addresses), startDns("silent")]);
    await expect(lookupAll("nobody.example", { servers: [dns.address] })).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(lookupAll("v6only.example", { servers: [dns.address] })).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(lookupAll("a.example", { servers: [silent.address], timeoutMs: 300 })).rejects.toMatchObject({
      code: "ETIMEOUT",
    });
    const dead = `127.0.0.1:${await deadPort()}`;
    await expect(lookupAll("a.example", { servers: [dead], timeoutMs: 300 })).rejects.toMatchObject({
      code: "ETIMEOUT",
    });
  });

  it("gives a socket one address or all of them, of the family that it asks for", async () => {
    const hosts = await hostsFile("::1 both.example\n127.0.0.1 both.example\n");
    const ask = (options: { all?: boolean; family?: number }) =>
      new Promise((resolve) => {
        socketLookup({ hostsFile: hosts })("both.example", options, (error, ...found) =>
          resolve(error?.message ?? found),
        );
      });
    const [four, six] = [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    expect(await ask({ all: true })).toEqual([[four, six]]);
    expect(await ask({ all: true, family: 6 })).toEqual([[six]]);
    expect(await ask({})).toEqual(["127.0.0.1", 4]);
    expect(await ask({ family: 6 })).toEqual(["::1", 6]);
  });
});

describe("hostsEntries", () => {
  it("skips comments, blank lines and what is no address", () => {
    const text = "# 1.1.1.1 a\n\n2.2.2.2\ta  b # 3.3.3.3 a\nlocalhost a\n::1 A\n4.4.4.4 aa\n";
    expect(hostsEntries(text, "a.")).toEqual(["2.2.2.2", "::1"]);
  });
});
