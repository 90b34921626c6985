import { readdir, readFile, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SiteChoice } from "../../../src/domain/cover-site.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import { maskSecret, revealSecret } from "../../../src/domain/secret.ts";
import { defaultSettings, type Settings } from "../../../src/domain/settings.ts";
import type { Shard, ShardBook } from "../../../src/domain/shard.ts";
import { numberedKey } from "../../support/domain.ts";
import { type TempHome, tempHome } from "../../support/temp-home.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/state");

function fixture(version: string, name: string): Promise<string> {
  return readFile(join(fixtures, version, name), "utf8");
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof AppError)) throw new Error(`no AppError: ${String(error)}`);
  return error;
}

/** Without the files of a set-up home. */
async function bareHome(): Promise<TempHome> {
  const home = await tempHome();
  await home.files.remove(home.paths.settings);
  return home;
}

const shard: Shard = {
  id: 1,
  family: "fake-tls",
  port: 8443,
  slots: [
    { key: numberedKey(1), holder: "alice" },
    { key: numberedKey(3), holder: "bob", disabled: true },
    { key: numberedKey(2) },
  ],
  coverDomains: ["www.example.com", "b.example"],
  pinned: { "www.example.com": "192.0.2.1" },
  tag: "7f00000000000000000000000000007f",
};
const book: ShardBook = {
  salt: "ab".repeat(32),
  retiredPorts: [8444],
  revoking: [{ key: numberedKey(4), holder: "carol", shardId: 1 }],
  moving: [{ holder: "*", fromPort: 8444, toPort: 8445 }],
  linkedHost: "proxy.example",
  shards: [shard, { ...shard, id: 3, family: "obfuscated", port: 8445, slots: [], coverDomains: [], pinned: {} }],
};

describe("a home before setup", () => {
  test("has no settings, nobody, the default whitelist and an empty book with a salt", async () => {
    const { stores, paths } = await bareHome();
    expect(await stores.settings.read()).toBeUndefined();
    expect(await stores.promotedChannel.read()).toBeUndefined();
    expect(await stores.telegram.read()).toBeUndefined();
    expect(await stores.sharedSecrets.read()).toEqual([]);
    expect(await stores.engineRecord.read()).toEqual({});
    expect(await stores.coverDomains.read()).toEqual([
      "google.com",
      "cloudflare.com",
      "microsoft.com",
      "aws.amazon.com",
      "azure.microsoft.com",
    ]);
    expect(await stores.shards.read()).toEqual({
      shards: [],
      retiredPorts: [],
      revoking: [],
      moving: [],
      salt: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await readdir(dirname(paths.settings))).toEqual([]);
  });
});

describe("what is written is read again", () => {
  test("for every setting", async () => {
    const { stores } = await bareHome();
    const settings: Required<Settings> = {
      port: 1,
      portRange: { first: 2, last: 3 },
      publicHost: "2001:db8::1",
      egressIpv4: "192.0.2.7",
      workers: 256,
      engine: "trial",
      routing: "edge",
      haproxyImage: "haproxy:2.8",
      edgeSubnet: "10.9.8.0/22",
      maxConnectionsPerSource: 8,
      addressWindow: 60,
      drainSeconds: 0,
      relays: ["192.0.2.9", "2001:db8::9"],
      sourceListMode: "block",
      sourceList: ["192.0.2.0/24", "2001:db8::/32"],
      logAddresses: "truncated",
      coverSite: { kind: "page", certificate: "/c.pem", key: "/k.pem", page: "/p.html" },
      image: "registry.example:5000/mtproxy@sha256:00",
      defaultMode: "fake-tls",
      defaultCoverDomain: "www.example.com",
      maxConnections: 64,
      statsPort: 6,
      proxySecretUrls: ["https://a.example/s", "http://b.example/s"],
      proxyConfigUrls: [],
      usersLock: "/tmp/lock",
      usersWrite: "in-place",
      dockerFirewall: true,
      statsApi: true,
      statsApiPort: 7,
      statsApiOrigin: "https://panel.example.com:8443",
      statsApiToken: false,
      metricsUsers: 0,
      trialDatacenters: { 2: "127.0.0.1:443" },
      createdAt: "2026-01-02T03:04:05.000Z",
    };
    await stores.settings.write(settings);
    expect(await stores.settings.read()).toEqual(settings);
    const sites: SiteChoice[] = [
      { kind: "server", address: "127.0.0.1", port: 80, patience: 60 },
      { kind: "domains", patience: 1 },
    ];
    for (const coverSite of sites) {
      await stores.settings.write({ ...settings, coverSite });
      expect((await stores.settings.read())?.coverSite).toEqual(coverSite);
    }
    await stores.settings.write(defaultSettings);
    expect(await stores.settings.read()).toEqual(defaultSettings);
  });

  test("for shards, with their keys", async () => {
    const { stores, paths } = await tempHome();
    await stores.shards.write(book);
    const read = await stores.shards.read();
    expect(read).toEqual(book);
    expect(read.shards[0]?.slots.map(({ key }) => key.reveal())).toEqual([
      numberedKey(1).reveal(),
      numberedKey(3).reveal(),
      numberedKey(2).reveal(),
    ]);
    expect((await stat(paths.shards)).mode & 0o777).toBe(0o600);
  });

  test("for the promoted channel, shared secrets and the engine's record", async () => {
    const { stores } = await tempHome();
    const channel = {
      enabled: false,
      proxyTag: "7f00000000000000000000000000007f",
      channelUsername: "@c",
      registeredAt: "2025-11-08T10:00:00Z",
      registeredSecret: `dd${"0f".repeat(16)}`,
      statisticsUrl: "https://t.me/MTProxybot",
    };
    await stores.promotedChannel.write(channel);
    expect(await stores.promotedChannel.read()).toEqual(channel);
    const secrets = [
      {
        secret: { mode: "fake-tls", key: numberedKey(1), domain: "a.example" },
        active: false,
        description: "d",
        createdAt: "2025",
      } as const,
      { secret: { mode: "plain", key: numberedKey(2) }, active: true } as const,
    ];
    await stores.sharedSecrets.write(secrets);
    expect((await stores.sharedSecrets.read()).map(({ secret, ...rest }) => [revealSecret(secret), rest])).toEqual(
      secrets.map(({ secret, ...rest }) => [revealSecret(secret), rest]),
    );
    const image = {
      image: "i",
      imageId: "sha256:1",
      digest: "i@sha256:2",
      binary: "/b",
      version: "v",
      compiledAt: "c",
      commit: "d",
      fakeTls: true,
      httpStats: true,
      longHello: false,
      reloads: false,
      openFilesLimit: 1024,
      verdict: "padded-only",
      reasons: ["r"],
    } as const;
    await stores.engineRecord.update((record) => ({ ...record, image }));
    await stores.engineRecord.update((record) => ({ ...record, compose: ["docker", "compose"] }));
    expect(await stores.engineRecord.read()).toEqual({ image, compose: ["docker", "compose"] });
  });

  test("for Telegram's files, the ones before beside them", async () => {
    const { stores, paths } = await tempHome();
    const [first, second] = [Buffer.from([1, 255]), Buffer.from("second")];
    await stores.telegram.write({ proxySecret: first, proxyMultiConf: first });
    expect(await stores.telegram.read()).toEqual({ proxySecret: first, proxyMultiConf: first });
    await stores.telegram.write({ proxySecret: first, proxyMultiConf: second });
    expect(await stores.telegram.read()).toEqual({ proxySecret: first, proxyMultiConf: second });
    expect(await readFile(`${paths.proxyMultiConf}.last-good`)).toEqual(first);
    expect((await readdir(paths.telegram)).sort()).toEqual([
      "proxy-multi.conf",
      "proxy-multi.conf.last-good",
      "proxy-secret",
    ]);
  });
});

describe("a file without a version number", () => {
  test("mtproxy_config.json keeps what still means something", async () => {
    const home = await tempHome();
    await home.put(home.paths.settings, await fixture("v0", "mtproxy_config.json"));
    expect(await home.stores.settings.read()).toEqual({
      ...defaultSettings,
      port: 9443,
      workers: 1,
      statsPort: 8899,
      defaultMode: "padded",
      createdAt: "2025-11-08T10:00:00Z",
    });
  });

  test("is kept beside the new one when that is written, once", async () => {
    const home = await tempHome();
    const old = await fixture("v0", "mtproxy_config.json");
    await home.put(home.paths.settings, old, 0o644);
    await home.stores.settings.update((settings) => ({ ...(settings ?? defaultSettings), port: 443 }));
    await home.stores.settings.update((settings) => ({ ...(settings ?? defaultSettings), port: 444 }));
    const [current, kept = "", ...more] = (await readdir(dirname(home.paths.settings))).sort();
    expect([current, more]).toEqual(["mtproxy_config.json", []]);
    expect(kept).toMatch(/^mtproxy_config\.json\.v0\.20[\dTZ-]+$/);
    expect(await readFile(join(dirname(home.paths.settings), kept), "utf8")).toBe(old);
    expect(JSON.parse(await readFile(home.paths.settings, "utf8"))).toMatchObject({
      version: 1,
      port: 444,
      workers: 1,
    });
    expect((await stat(home.paths.settings)).mode & 0o777).toBe(0o600);
  });

  test.each([
    [
      "mtproxy_secrets.json",
      ["dd00112233445566778899aabbccddeeff", "dd0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"],
      ["the family", undefined, undefined],
    ],
    [
      "secrets.json",
      [
        "00112233445566778899aabbccddee01",
        "dd00112233445566778899aabbccddee02",
        "ee00112233445566778899aabbccddee037777772e6578616d706c652e636f6d",
        "ee00112233445566778899aabbccddee047777772e6578616d706c652e636f6d",
      ],
      ["was given to ann", "was given to ben", "was given to cem", undefined],
    ],
  ])("%s gives its secrets", async (name, secrets, descriptions) => {
    const home = await tempHome();
    await home.put(join(dirname(home.paths.sharedSecrets), name), await fixture("v0", name));
    const read = await home.stores.sharedSecrets.read();
    expect(read.map(({ secret }) => revealSecret(secret))).toEqual(secrets);
    expect(read.map(({ description }) => description)).toEqual(descriptions);
    expect(read.map(({ active }) => active)).toEqual(secrets.map((_, index) => name === "secrets.json" || index !== 1));
    await home.stores.sharedSecrets.write(read);
    expect((await home.stores.sharedSecrets.read()).map(({ secret }) => maskSecret(secret))).toEqual(
      read.map(({ secret }) => maskSecret(secret)),
    );
    expect(JSON.parse(await readFile(home.paths.sharedSecrets, "utf8")).version).toBe(1);
  });

  test("promoted_channel.json is read as it is", async () => {
    const home = await tempHome();
    await home.put(home.paths.promotedChannel, await fixture("v0", "promoted_channel.json"));
    expect(await home.stores.promotedChannel.read()).toMatchObject({
      enabled: true,
      proxyTag: "7f00000000000000000000000000007f",
      channelUsername: "@mytechchannel",
    });
  });
});

describe("every file that version 1 wrote", () => {
  test.each([
    ...["mtproxy_config.json", "mtproxy_secrets.json", "shards.json", "promoted_channel.json"],
    ...["group_channels.json", "engine.json"],
  ])("%s is read and written back as it was", async (name) => {
    const home = await tempHome();
    const text = await fixture("v1", name);
    await home.put(join(dirname(home.paths.settings), name), text);
    const { settings, sharedSecrets, shards, promotedChannel, groupChannels, engineRecord } = home.stores;
    const store = {
      "mtproxy_config.json": settings,
      "mtproxy_secrets.json": sharedSecrets,
      "shards.json": shards,
      "promoted_channel.json": promotedChannel,
      "group_channels.json": groupChannels,
      "engine.json": engineRecord,
    }[name] as { update(change: (value: unknown) => unknown): Promise<unknown> };
    await store.update((value) => value);
    expect(await readFile(join(dirname(home.paths.settings), name), "utf8")).toBe(text);
    expect((await readdir(dirname(home.paths.settings))).sort()).toEqual(
      [...new Set(["mtproxy_config.json", name])].sort(),
    );
  });
});

describe("a file that is not ours to understand", () => {
  const cases: [string, keyof TempHome["paths"], string | Uint8Array, string][] = [
    ["newer", "settings", '{"version":2}', "has version 2, this mtproxy knows up to 1"],
    ["odd version", "settings", '{"version":1.5}', "has version 1.5"],
    ["odd version", "shards", '{"version":[]}', "has version []"],
    ["not an object", "settings", "[]", "the whole must be an object, not a list"],
    ["wrong port", "settings", '{"version":1,"port":"8443"}', '"port" must be a port from 1 to 65535, not such a text'],
    [
      "wrong range",
      "settings",
      '{"version":1,"port_range":"9-1"}',
      '"port_range" must be a range such as 8444-8543, but',
    ],
    ["wrong host", "settings", '{"version":1,"public_host":"http://x"}', '"public_host" must be a host name'],
    ["wrong address", "settings", '{"version":1,"egress_ipv4":"1.2.3.256"}', '"egress_ipv4" must be an IPv4 address'],
    [
      "wrong list",
      "settings",
      '{"version":1,"proxy_secret_urls":["x"]}',
      '"proxy_secret_urls" must be a list, each of it an address to download from',
    ],
    ["no salt", "shards", '{"version":1,"shards":[]}', '"salt" is missing; it must be 64 hex digits'],
    [
      "short key",
      "shards",
      '{"version":1,"shards":[{"id":1,"family":"any","port":1,"slots":[{"key":"00ff"}]}]}',
      '"shards[0].slots[0].key" must be a key of 32 hex digits',
    ],
    [
      "two ids",
      "shards",
      JSON.stringify({
        version: 1,
        salt: "00".repeat(32),
        shards: [1, 2].map((port) => ({ id: 1, family: "any", port, slots: [] })),
      }),
      '"shards" has the same id twice',
    ],
    ["no list", "shards", '{"version":1,"shards":{}}', '"shards" must be a list'],
    [
      "old sample secret",
      "sharedSecrets",
      '{"secrets":[{"value":"dd1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c","padding_enabled":true}]}',
      '"secrets[0]" has dd and only 30 digits',
    ],
    ["no secret", "sharedSecrets", '{"secrets":[{}]}', '"secrets[0].secret" is missing'],
    [
      "two of one group",
      "groupChannels",
      JSON.stringify({ version: 1, groups: ["a", "A"].map((group) => ({ group, proxy_tag: "7f".repeat(16) })) }),
      '"groups" has the same group twice',
    ],
    ["no tag", "groupChannels", '{"version":1,"groups":[{"group":"a"}]}', '"groups[0].proxy_tag" is missing'],
    [
      "long tag",
      "promotedChannel",
      '{"enabled":true,"proxy_tag":"7f0000000000000000000000000000007f"}',
      '"proxy_tag" must be the tag of @MTProxybot, 32 hex digits',
    ],
    ["truncated", "engineRecord", '{"version":1,"image":{', "is not JSON: it ends too early"],
    ["web page", "settings", "<html>", "is a web page"],
    ["binary", "sharedSecrets", new Uint8Array([0, 1, 2]), "is not a text file"],
    [
      "wrong domain",
      "coverDomains",
      "a.example\n# fine\nhttp://x\n",
      'fake_tls_domains.txt, line 3: "http://x" is not a domain name',
    ],
  ];

  test.each(cases)("%s %s stops reader and writer, and is not touched", async (_, file, content, fault) => {
    const home = await tempHome();
    await home.put(home.paths[file], content);
    const store = home.stores[file as "shards"];
    const write = () =>
      file === "coverDomains" ? home.stores.coverDomains.update(() => ["a.example"]) : store.write(book);
    for (const error of [await refusal(store.read()), await refusal(write())]) {
      expect(error.kind).toBe("invalid");
      expect(error.message).toContain(home.paths[file]);
      expect(error.message).toContain(fault);
      expect(error.hint).toMatch(/nothing was changed/);
      expect(error.message).not.toMatch(/1a2b3c4d|00ff/);
    }
    expect(await readFile(home.paths[file])).toEqual(Buffer.from(content));
    expect(
      (await readdir(dirname(home.paths[file]))).filter((name) => name.startsWith(basename(home.paths[file]))),
    ).toHaveLength(1);
  });

  test("is one of 65 MiB", async () => {
    const home = await tempHome();
    await truncate(home.paths.settings, 65 * 1024 * 1024);
    expect((await refusal(home.stores.settings.read())).message).toContain("never has more than");
  });

  test("is a value that the rules refuse, before it is written", async () => {
    const home = await tempHome();
    const before = await readFile(home.paths.settings, "utf8");
    for (const wrong of [{ workers: 257 }, { port: 0 }, { publicHost: "a b" }, { egressIpv4: "x" }]) {
      expect(
        (await refusal(home.stores.settings.update((settings) => ({ ...(settings ?? defaultSettings), ...wrong }))))
          .kind,
      ).toBe("invalid");
    }
    expect(await readFile(home.paths.settings, "utf8")).toBe(before);
  });
});

describe("settings", () => {
  test("keep fields that we do not know, and take away those that are no longer set", async () => {
    const home = await tempHome();
    const before = JSON.parse(await readFile(home.paths.settings, "utf8"));
    await home.put(
      home.paths.settings,
      JSON.stringify({ ...before, from_the_future: { a: [1] }, egress_ipv4: "192.0.2.1", created_at: null }),
    );
    await home.stores.settings.update((settings) => {
      const { egressIpv4: _, ...rest } = settings ?? defaultSettings;
      return { ...rest, port: 443 };
    });
    expect(JSON.parse(await readFile(home.paths.settings, "utf8"))).toEqual({
      ...before,
      from_the_future: { a: [1] },
      port: 443,
    });
  });

  test("are not written when nothing changes", async () => {
    const home = await tempHome();
    const { ino } = await stat(home.paths.settings);
    await home.stores.settings.update((settings) => settings ?? defaultSettings);
    expect((await stat(home.paths.settings)).ino).toBe(ino);
  });
});

describe("the whitelist", () => {
  test("keeps comments, order and line ends", async () => {
    const home = await tempHome();
    const text = "# ours\r\na.example # best\r\n\r\nb.example\r\n  C.example.\r\n";
    await home.put(home.paths.coverDomains, text, 0o644);
    const { coverDomains } = home.stores;
    expect(await coverDomains.read()).toEqual(["a.example", "b.example", "c.example"]);
    expect(await coverDomains.update((domains) => [...domains, "D.example"])).toEqual([
      "a.example",
      "b.example",
      "c.example",
      "d.example",
    ]);
    expect(await readFile(home.paths.coverDomains, "utf8")).toBe(`${text}d.example\r\n`);
    await coverDomains.update((domains) => domains.filter((domain) => domain !== "d.example"));
    expect(await readFile(home.paths.coverDomains, "utf8")).toBe(text);
    await coverDomains.update((domains) => domains.filter((domain) => domain !== "b.example"));
    expect(await readFile(home.paths.coverDomains, "utf8")).toBe(text.replace("b.example\r\n", ""));
  });

  test("is made with the defaults by the first change, also in a file without a last line end", async () => {
    const home = await tempHome();
    await home.stores.coverDomains.update((domains) => [...domains, "a.example"]);
    expect(await home.stores.coverDomains.read()).toHaveLength(6);
    await home.put(home.paths.coverDomains, "a.example");
    await home.stores.coverDomains.update((domains) => [...domains, "b.example"]);
    expect(await readFile(home.paths.coverDomains, "utf8")).toBe("a.example\nb.example\n");
  });
});

describe("work over several stores", () => {
  test("holds the state lock once and for all of it", async () => {
    const home = await tempHome();
    const other = await import("../../../src/host/locks.ts").then(({ createLocks }) => createLocks());
    await home.stores.exclusively("several things", async () => {
      await home.stores.shards.write(book);
      await home.stores.users.update("inside", () => ({ edits: [], result: 0 }));
      const error = await refusal(other.withLock(join(home.paths.run, "state.lock"), async () => {}, { waitMs: 0 }));
      expect(error.message).toContain('"several things"');
    });
  });
});

test("10,000 keys are read in well under a second", async () => {
  const home = await tempHome();
  const slots = (shardId: number) =>
    Array.from({ length: 16 }, (_, slot) => ({
      key: numberedKey(16 * shardId + slot),
      holder: `user${16 * shardId + slot}`,
    }));
  const shards = Array.from({ length: 625 }, (_, index) => ({
    ...shard,
    id: index + 1,
    port: 10_000 + index,
    slots: slots(index),
  }));
  await home.stores.shards.write({ ...book, shards });
  const begun = performance.now();
  const read = await home.stores.shards.read();
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(read.shards.at(-1)?.slots.at(-1)?.key.equals(numberedKey(9999))).toBe(true);
  expect(read.shards[0]?.slots[0]?.key).toBeInstanceOf(Key);
});
