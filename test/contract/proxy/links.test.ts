import { afterAll, beforeAll, expect, test } from "vitest";
import type { Key } from "../../../src/domain/key.ts";
import { type Link, tgLink } from "../../../src/domain/link.ts";
import type { Mode } from "../../../src/domain/secret.ts";
import { probeLink } from "../../../src/host/link-probe.ts";
import type { LinkProbeResult } from "../../../src/ports.ts";
import { connectMtcute, mtcuteVersions } from "../../support/mtcute.ts";
import { type ProxyHome, proxyHome } from "./support/home.ts";
import { keyArgs, randomKey } from "./support/keys.ts";
import { describeProxies } from "./support/proxies.ts";
import { type RunningProxy, startProxy } from "./support/running-proxy.ts";
import { telegram } from "./support/telegram.ts";

const domain = "localhost";
const modes: readonly Mode[] = ["plain", "padded", "fake-tls"];

/** What people and this product do with a link, at a process a family as they run. */
describeProxies("links", (proxy) => {
  const [key, stranger] = [randomKey(), randomKey()];
  const takesLongHello = proxy.build.hello.maxBytes > 1700;
  let bare: RunningProxy;
  let fakeTls: RunningProxy;
  beforeAll(async () => {
    const home = await proxyHome(await telegram());
    bare = await startBoth(home);
    await Promise.all([bare.ready(), fakeTls.ready()]);
  });
  afterAll(() => Promise.all([bare?.end(), fakeTls?.end()]));
  const startBoth = async (home: ProxyHome): Promise<RunningProxy> => {
    fakeTls = await startProxy(proxy, { home, args: [...keyArgs(key), "-D", domain], shared: true });
    return startProxy(proxy, { home, args: keyArgs(key), shared: true });
  };
  const linkOf = (mode: Mode, secretKey: Key = key): Link => ({
    server: "127.0.0.1",
    port: (mode === "fake-tls" ? fakeTls : bare).port,
    // Not by makeSecret, which refuses a name without a dot: this one needs no DNS.
    secret: mode === "fake-tls" ? { mode, key: secretKey, domain } : { mode, key: secretKey },
  });
  const faults = ({ attempts }: LinkProbeResult) => attempts.map(({ ok, fault }) => (ok ? "ok" : fault));

  test.each(modes)("with a live key are proved, %s", async (mode) => {
    const expected = {
      plain: ["ok"],
      padded: ["ok"],
      "fake-tls": ["ok", takesLongHello ? "ok" : "long-hello-refused"],
    };
    expect(faults(await probeLink(linkOf(mode)))).toEqual(expected[mode]);
  });

  test.each(modes)("with a dead key are told from live ones, %s", async (mode) => {
    const found = faults(await probeLink(linkOf(mode, stranger)));
    expect(new Set(found)).toEqual(new Set(["key-not-live"]));
  });

  test("of the other family do not work, whatever the key", async () => {
    const swapped = (mode: Mode): Link => ({ ...linkOf(mode), port: (mode === "fake-tls" ? bare : fakeTls).port });
    for (const mode of modes) {
      expect(new Set(faults(await probeLink(swapped(mode), { timeoutMs: 4000 })))).toEqual(new Set(["key-not-live"]));
    }
  });

  test("with a live key are told from dead ones while Telegram is away", async () => {
    const middle = await telegram();
    await middle.close();
    const { port } = await startProxy(proxy, { home: await proxyHome(middle), args: keyArgs(key) });
    const probe = async (secretKey: Key) =>
      faults(await probeLink({ ...linkOf("padded", secretKey), port }, { timeoutMs: 4000 }));
    expect(await probe(key)).toEqual(["upstream-not-ready"]);
    expect(await probe(stranger)).toEqual(["key-not-live"]);
  });

  test.each(mtcuteVersions)("connect the Telegram client library %s, padded", async (version) => {
    const { connections } = await connectMtcute(version, tgLink(linkOf("padded")));
    expect(connections).toBe(1);
    await expect(connectMtcute(version, tgLink(linkOf("padded", stranger)), { timeoutMs: 1500 })).rejects.toThrow();
  });

  // 0.30.3 sends the long hello of current apps, 0.27.9 the short one.
  test.each(mtcuteVersions)(
    "connect the Telegram client library %s, fake-TLS, where the build takes its hello",
    async (version) => {
      const attempt = connectMtcute(version, tgLink(linkOf("fake-tls")), { timeoutMs: takesLongHello ? 10_000 : 3000 });
      if (takesLongHello || version === "0.27.9") expect((await attempt).connections).toBe(1);
      else await expect(attempt).rejects.toThrow();
    },
  );
});
