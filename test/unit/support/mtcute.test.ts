import { afterEach, describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { tgLink } from "../../../src/domain/link.ts";
import { type Mode, makeSecret } from "../../../src/domain/secret.ts";
import { helloLimits } from "../../../src/protocol/hello-identity.ts";
import { connectMtcute, installedVersion, mtcuteVersions } from "../../support/mtcute.ts";
import { startDatacenter } from "../../support/telegram/datacenter.ts";
import { startTinyProxy, type TinyProxyOptions } from "../../support/telegram/tiny-proxy.ts";

const key = Key.parse("00112233445566778899aabbccddeeff");
const stranger = Key.parse("ffeeddccbbaa99887766554433221100");
const domain = "cover.example.org";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function start(options: Partial<TinyProxyOptions> = {}) {
  const datacenter = await startDatacenter();
  const proxy = await startTinyProxy({ keys: [key], upstream: datacenter, ...options });
  closers.push(datacenter.close, proxy.close);
  return { datacenter, proxy };
}

function link(proxy: { host: string; port: number }, mode: Mode, secretKey = key): string {
  return tgLink({ server: proxy.host, port: proxy.port, secret: makeSecret(mode, secretKey, domain) });
}

describe("the client library under test", () => {
  it("is installed in the two versions that the tests name", () => {
    expect([installedVersion("@mtcute/node"), installedVersion("mtcute-0.27")]).toEqual([...mtcuteVersions]);
  });

  for (const version of mtcuteVersions) {
    it.each<Mode>(["plain", "padded"])(`${version} gets through a proxy with a %s link`, async (mode) => {
      const { datacenter, proxy } = await start();
      const connection = await connectMtcute(version, link(proxy, mode));
      expect(connection.connections).toBe(1);
      expect(datacenter.stats).toMatchObject({ answered: 1, datacenters: [2] });
    });

    it(`${version} gets through a proxy with a fake-TLS link`, async () => {
      const { datacenter, proxy } = await start({ domains: [domain] });
      await connectMtcute(version, link(proxy, "fake-tls"));
      expect(datacenter.stats).toMatchObject({ answered: 1, transports: ["padded"] });
    });

    it(`${version} is told apart when the key is not live`, async () => {
      const { datacenter, proxy } = await start();
      const failed = connectMtcute(version, link(proxy, "padded", stranger), { timeoutMs: 700 });
      await expect(failed).rejects.toThrow(/got no resPQ/);
      expect(datacenter.stats.answered).toBe(0);
    });

    it(`${version} leaves nothing connected`, async () => {
      const { datacenter, proxy } = await start();
      await connectMtcute(version, link(proxy, "padded"));
      await expect.poll(() => [proxy.stats.open, datacenter.stats.open]).toEqual([0, 0]);
    });
  }

  it("0.30.3 is refused and 0.27.9 is not by a proxy that takes short hellos only", async () => {
    const { proxy } = await start({ domains: [domain], limits: helloLimits.before2025 });
    await connectMtcute("0.27.9", link(proxy, "fake-tls"));
    const failed = connectMtcute("0.30.3", link(proxy, "fake-tls"), { timeoutMs: 1000 });
    await expect(failed).rejects.toThrow(/got no resPQ.*(closed|EOF|Server hello)/is);
  });

  it("rejects when the client does not believe Telegram's answer", async () => {
    const impostor = await startDatacenter({ fingerprints: [1n] });
    closers.push(impostor.close);
    const { proxy } = await start({ upstream: impostor });
    const failed = connectMtcute("0.30.3", link(proxy, "padded"), { timeoutMs: 700 });
    await expect(failed).rejects.toThrow(/got resPQ and did not go on/);
  });

  it("rejects when Telegram's side takes the question and does not answer", async () => {
    const silent = await startDatacenter({ silent: true });
    closers.push(silent.close);
    const { proxy } = await start({ upstream: silent });
    const failed = connectMtcute("0.30.3", link(proxy, "padded"), { timeoutMs: 700 });
    await expect(failed).rejects.toThrow(/got no resPQ/);
  });
});
