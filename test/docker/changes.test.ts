import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifiedLink } from "../../src/app/people/verify-links.ts";
import { type ClientOptions, connectFakeTls, ProxyClient } from "../contract/proxy/support/client.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { cardOf, coverDomains, type DockerCliHome, dockerCliHome, linkOf } from "../support/docker-cli-home.ts";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";

const [PADDED, FAKE_TLS] = ["familytraffic-mtproxy", "familytraffic-mtproxy-2"] as const;

let home: DockerCliHome;
/** Who stays, on each of the two shards. */
let stays: { padded: UserCardJson; fakeTls: UserCardJson };

beforeAll(async () => {
  home = await dockerCliHome();
  stays = { padded: await home.add("pat"), fakeTls: await home.add("eve", "--fake-tls", coverDomains[0]) };
});
afterAll(() => home?.dispose());

/** A client that is connected with somebody's link, to Telegram and back. */
async function hold(card: UserCardJson): Promise<ProxyClient> {
  const { secret, port } = linkOf(card);
  const options: ClientOptions & { key: NonNullable<ClientOptions["key"]> } = { port, key: secret.key };
  const client =
    secret.mode === "fake-tls"
      ? await connectFakeTls({ ...options, domain: secret.domain })
      : await ProxyClient.connect(options);
  expect(await client.ask()).toBe("answered");
  return client;
}

/** What a handshake with each link comes to, as verify sees it. */
async function faultsOf(...cards: UserCardJson[]): Promise<(string | undefined)[]> {
  const { json } = await home.mtproxy("verify", ...cards.map(({ link }) => link));
  return (json.data as { links: VerifiedLink[] }).links.flatMap(({ attempts }) => attempts.map(({ fault }) => fault));
}

/** Names of the containers that are not what they were. */
async function changedBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = new Map((await home.containers()).map((container) => [container.name, container]));
  await work();
  const after = await home.containers();
  expect(after.map(({ name, running }) => [name, running])).toEqual([...before.keys()].map((name) => [name, true]));
  return after
    .filter(({ name, id, startedAt }) => before.get(name)?.id !== id || before.get(name)?.startedAt !== startedAt)
    .map(({ name }) => name);
}

describe("add-user with a spare slot free", () => {
  it.each([
    ["padded", ["alice"]],
    ["fake-TLS", ["bob", "--fake-tls", coverDomains[0]]],
    ["plain", ["carol", "--plain"]],
  ] as const)("restarts nothing, cuts nobody, and the %s link works when it returns", async (_, wish) => {
    const held = await Promise.all([hold(stays.padded), hold(stays.fakeTls)]);
    let card: UserCardJson | undefined;
    const changed = await changedBy(async () => {
      card = await home.add(...wish);
    });
    if (card === undefined) return expect.fail("nobody was added");
    const { link } = card;
    // mtcute has no transport without padding: verify proves that link.
    const versions = card.mode === "plain" ? [] : mtcuteVersions;
    await Promise.all(versions.map((version) => connectMtcute(version, link)));
    expect(new Set(await faultsOf(card))).toEqual(new Set([undefined]));
    expect(changed).toEqual([]);
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
  });
});

describe("regenerate-user-secret --overlap", () => {
  it("restarts nothing, cuts nobody, and both links work in two slots of the same shard", async () => {
    const before = await home.add("olga");
    const held = await Promise.all([hold(before), hold(stays.fakeTls)]);
    let after: UserCardJson | undefined;
    const changed = await changedBy(async () => {
      after = cardOf(await home.mtproxy("regenerate-user-secret", "olga", "--overlap", "7d"));
    });
    if (after === undefined) return expect.fail("nothing was regenerated");
    expect([changed, after.port]).toEqual([[], before.port]);
    expect(after.link).not.toBe(before.link);
    expect(new Set(await faultsOf(before, after))).toEqual(new Set([undefined]));
    expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
    expect((await home.mtproxy("remove-user", "olga", "--yes")).code).toBe(0);
    expect(new Set(await faultsOf(before, after))).toEqual(new Set(["key-not-live"]));
  });
});

describe.each([
  { mode: "padded", wish: [], own: PADDED },
  { mode: "fake-TLS", wish: ["--fake-tls", coverDomains[0]], own: FAKE_TLS },
] as const)("taking a $mode link away", ({ mode, wish, own }) => {
  const name = `${mode}-guest`;
  const neighbour = () => (own === PADDED ? stays.padded : stays.fakeTls);
  const elsewhere = () => (own === PADDED ? stays.fakeTls : stays.padded);

  /** Exactly the own shard restarts; old links are dead, the neighbour's works, and who is elsewhere notices nothing. */
  async function takeAway(guest: UserCardJson, ...command: string[]) {
    const [held, cut] = [await hold(elsewhere()), await hold(guest)];
    let result: Awaited<ReturnType<DockerCliHome["mtproxy"]>> | undefined;
    const changed = await changedBy(async () => {
      result = await home.mtproxy(...command);
    });
    const [dead, alive] = [await faultsOf(guest), await faultsOf(neighbour())];
    expect(result?.code, result?.stdout).toBe(0);
    expect(new Set(dead)).toEqual(new Set(["key-not-live"]));
    expect(new Set(alive)).toEqual(new Set([undefined]));
    expect(changed).toEqual([own]);
    expect(await held.ask()).toBe("answered");
    expect(await cut.ask()).toBe("closed");
    if (result === undefined) return expect.fail("the command did not run");
    return result;
  }

  it("by disabling restarts its shard only, and enabling gives the same link back", async () => {
    const guest = await home.add(name, ...wish);
    await takeAway(guest, "disable-user", name);
    const held = await hold(elsewhere());
    expect(await changedBy(async () => expect((await home.mtproxy("enable-user", name)).code).toBe(0))).toEqual([own]);
    expect(new Set(await faultsOf(guest))).toEqual(new Set([undefined]));
    expect(cardOf(await home.mtproxy("show-user-config", name)).link).toBe(guest.link);
    expect(await held.ask()).toBe("answered");
  });

  it("by a new key restarts its shard only, and the new link works on the same port", async () => {
    const guest = cardOf(await home.mtproxy("show-user-config", name));
    const renewed = cardOf(await takeAway(guest, "regenerate-user-secret", name));
    expect(renewed.port).toBe(guest.port);
    expect(renewed.link).not.toBe(guest.link);
    expect(new Set(await faultsOf(renewed))).toEqual(new Set([undefined]));
    await Promise.all(mtcuteVersions.map((version) => connectMtcute(version, renewed.link)));
  });

  it("by removing restarts its shard only", async () => {
    const guest = cardOf(await home.mtproxy("show-user-config", name));
    await takeAway(guest, "remove-user", name, "--yes");
    expect((await home.mtproxy("show-user-config", name)).code).toBe(4);
  });
});

describe("a shared secret", () => {
  it("restarts nothing when it is added, and is dead when its removal returns", async () => {
    let card: UserCardJson | undefined;
    const added = await changedBy(async () => {
      card = cardOf(await home.mtproxy("add-secret"));
    });
    if (card === undefined) return expect.fail("there is no secret");
    expect([added, await faultsOf(card)]).toEqual([[], [undefined]]);
    const { link } = card;
    await Promise.all(mtcuteVersions.map((version) => connectMtcute(version, link)));
    const changed = await changedBy(async () => {
      const { code, json } = await home.mtproxy("remove-secret", "1", "--yes");
      expect([code, json.data]).toEqual([0, expect.objectContaining({ revoked: true, last: false })]);
    });
    expect([changed, await faultsOf(card)]).toEqual([[PADDED], ["key-not-live"]]);
    await expect(connectMtcute(mtcuteVersions[0], link, { timeoutMs: 1500 })).rejects.toThrow();
  });
});
