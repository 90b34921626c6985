import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { planState } from "../../../src/app/live/plan-state.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { linkOf } from "../../../src/app/people/client-files.ts";
import { listUsers } from "../../../src/app/people/list-users.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { showUser } from "../../../src/app/people/show-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { tgLink } from "../../../src/domain/link.ts";
import { hasSecret } from "../../../src/domain/user.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { numberedKey } from "../../support/domain.ts";

/** Adds somebody who must get a link that works at once. */
async function add(scene: AppScene, name: string, options: { fakeTls?: boolean | string; plain?: boolean } = {}) {
  const { data, failure } = await addUser(scene.ctx, { name, ...options });
  expect(failure).toBeUndefined();
  expect(await scene.works(data.link)).toBe(true);
  return data;
}

async function addMany(scene: AppScene, count: number, options: { fakeTls?: string } = {}) {
  const cards = [];
  for (let index = 0; index < count; index++) cards.push(await add(scene, `user${index}`, options));
  return cards;
}

/** A scene whose first shard runs. */
async function running(settings = {}): Promise<AppScene> {
  const scene = await appScene(settings);
  await applyPlan(scene.ctx);
  scene.engine.started.length = 0;
  return scene;
}

/** The same with people who were there before; sixteen fill the first shard. */
async function crowded(names: readonly string[] = sixteen): Promise<AppScene> {
  const scene = await appScene();
  const secret = (index: number) => `dd${numberedKey(index).reveal()}`;
  const users = names.map((username, index) => ({ username, mtproxy_secret: secret(index) }));
  await scene.home.put(scene.home.paths.users, JSON.stringify({ users }));
  await applyPlan(scene.ctx);
  return scene;
}

const sixteen = Array.from({ length: 16 }, (_, index) => `user${index}`);

/** Shards that `work` started anew. */
async function startedBy({ engine }: AppScene, work: () => Promise<unknown>): Promise<number[]> {
  engine.started.length = 0;
  await work();
  return [...engine.started];
}

/** Everybody's link by name. */
async function linksOf({ ctx }: AppScene): Promise<Map<string, string>> {
  const planned = await planState(ctx);
  const links = planned.state.users.filter(hasSecret).map((user): [string, string] => {
    const link = linkOf(planned, user);
    return [user.name, link === undefined ? "" : tgLink(link)];
  });
  return new Map(links);
}

describe("adding people on Docker", () => {
  it("takes spare slots: sixteen people come without a restart", async () => {
    const scene = await running();
    expect(await startedBy(scene, () => addMany(scene, 16))).toEqual([]);
    const { data } = await listUsers(scene.ctx);
    expect(data.users.map(({ port }) => port)).toEqual(Array(16).fill(8443));
  });

  it("opens another shard for the seventeenth, on the next port, and touches nobody for it", async () => {
    const scene = await crowded();
    expect(await startedBy(scene, () => add(scene, "late"))).toEqual([2]);
    const links = await linksOf(scene);
    expect(links.get("late")).toContain("&port=8444&");
    for (const link of links.values()) expect(await scene.works(link)).toBe(true);
  });

  it("gives fake-TLS a shard of its own, and each new cover domain another one unless a restart is allowed", async () => {
    const scene = await running();
    expect(await startedBy(scene, () => add(scene, "a", { fakeTls: "google.com" }))).toEqual([2]);
    expect(await startedBy(scene, () => add(scene, "b", { fakeTls: "google.com" }))).toEqual([]);
    expect(await startedBy(scene, () => add(scene, "c", { fakeTls: "microsoft.com" }))).toEqual([3]);
    const allowed = { name: "d", fakeTls: "cloudflare.com", allowRestart: true };
    expect(await startedBy(scene, () => addUser(scene.ctx, allowed))).toEqual([2]);
  });

  it("passes over ports that something else holds", async () => {
    const scene = await running();
    scene.machine.busyPorts.add(8444).add(8445);
    expect((await add(scene, "tls", { fakeTls: true })).port).toBe(8446);
  });

  it("pins a cover domain to its address, and warns where it has none", async () => {
    const scene = await running();
    scene.machine.names["google.com"] = "192.0.2.10";
    await add(scene, "known", { fakeTls: "google.com" });
    await add(scene, "unknown", { fakeTls: "microsoft.com" });
    const compose = (await scene.rendered())["docker-compose.yml"];
    expect(compose).toContain('extra_hosts: ["google.com:192.0.2.10"]');
    expect(compose).toContain('extra_hosts: ["microsoft.com:127.0.0.1"]');
    expect(scene.said.join("\n")).toContain("! cover domain microsoft.com has no address now");
  });

  it("keeps a person for whom no port is left, and says so", async () => {
    const scene = await running({ portRange: { first: 8444, last: 8444 } });
    await add(scene, "first", { fakeTls: "google.com" });
    const { data, failure } = await addUser(scene.ctx, { name: "second", fakeTls: "microsoft.com" });
    expect(data).toMatchObject({ username: "second", added: true, link: null });
    expect(failure?.kind).toBe("conflict");
    expect(failure?.message).toContain("second is saved, but the link does not work yet: no free port is left");
    expect((await listUsers(scene.ctx)).data.enabled).toBe(2);
  });

  it("writes users.json once", async () => {
    const scene = await running();
    const writes: string[] = [];
    const { files } = scene.home;
    const { write } = files;
    files.write = async (path, ...rest) => {
      writes.push(path);
      return write(path, ...rest);
    };
    await add(scene, "alice");
    expect(writes.filter((path) => path === scene.home.paths.users)).toHaveLength(1);
  });
});

describe("revoking on Docker", () => {
  it("restarts exactly the shard of the person, and the link is dead when it returns", async () => {
    const scene = await running();
    const [dd, other] = [await add(scene, "dd"), await add(scene, "other")];
    const ee = await add(scene, "ee", { fakeTls: true });
    expect(await startedBy(scene, () => switchUser(scene.ctx, { name: "ee", enabled: false }))).toEqual([2]);
    expect(await startedBy(scene, () => removeUser(scene.ctx, { name: "dd" }))).toEqual([1]);
    expect(await Promise.all([dd, ee, other].map(({ link }) => scene.works(link)))).toEqual([false, false, true]);
  });

  it("keeps slot and port of who is disabled: enabling gives the same link back", async () => {
    const scene = await crowded();
    const link = (await linksOf(scene)).get("user7");
    await switchUser(scene.ctx, { name: "user7", enabled: false });
    // The shard is full: the place of the one who is away is kept.
    expect((await add(scene, "late")).port).toBe(8444);
    expect((await switchUser(scene.ctx, { name: "user7", enabled: true })).data.live).toBe(true);
    expect((await showUser(scene.ctx, "user7")).data.link).toBe(link);
    expect(await scene.works(link)).toBe(true);
  });

  it("fills a disabled person's slot with a key that nobody can guess, and the same each time", async () => {
    const scene = await running();
    await add(scene, "alice");
    await switchUser(scene.ctx, { name: "alice", enabled: false });
    const keys = (await scene.rendered())["familytraffic-mtproxy/keys"]?.match(/^[0-9a-f]{32}$/gm);
    expect(new Set(keys).size).toBe(16);
    expect(await startedBy(scene, () => applyPlan(scene.ctx))).toEqual([]);
  });

  it("never hands a revoked key out again", async () => {
    const scene = await running();
    const { link } = await add(scene, "alice");
    await removeUser(scene.ctx, { name: "alice" });
    const cards = await addMany(scene, 16);
    expect(cards.map((card) => card.link)).not.toContain(link);
    expect(await scene.works(link)).toBe(false);
  });

  it("regenerating takes a spare of the same shard: the port stays and the old link dies", async () => {
    const scene = await running();
    const before = await add(scene, "alice");
    const { data, failure } = await regenerateUserSecret(scene.ctx, { name: "alice" });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({ port: 8443, previousPort: 8443 });
    expect([await scene.works(before.link), await scene.works(data.link)]).toEqual([false, true]);
  });

  it("regenerating in a full shard moves to one with a spare, and tells both ports", async () => {
    const scene = await crowded();
    const first = (await linksOf(scene)).get("user0");
    expect((await add(scene, "late")).port).toBe(8444);
    const { data } = await regenerateUserSecret(scene.ctx, { name: "user0" });
    expect(data).toMatchObject({ previousPort: 8443, port: 8444 });
    expect([await scene.works(first), await scene.works(data.link)]).toEqual([false, true]);
  });

  it("regenerating where no shard has a spare keeps the port: the slot itself gets the new key", async () => {
    const scene = await crowded();
    const first = (await linksOf(scene)).get("user0");
    const { data } = await regenerateUserSecret(scene.ctx, { name: "user0" });
    expect(data).toMatchObject({ previousPort: 8443, port: 8443 });
    expect([await scene.works(first), await scene.works(data.link)]).toEqual([false, true]);
  });
});

describe("whatever is done in whatever order", () => {
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const action = fc.record({
    name: fc.constantFrom(...names),
    kind: fc.constantFrom("add", "add", "remove", "disable", "enable", "regenerate"),
    fakeTls: fc.constantFrom(undefined, undefined, "google.com", "microsoft.com"),
  });

  it("the enabled get in, everybody else does not, each shard has 16 keys, and revoking restarts one shard", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 30 }), async (actions) => {
        const scene = await crowded(names.slice(0, 14));
        const dead = new Set<string>();
        for (const { name, kind, fakeTls } of actions) {
          const before = (await linksOf(scene)).get(name);
          const work = async () => {
            if (kind === "add") await addUser(scene.ctx, { name, fakeTls });
            else if (kind === "remove") await removeUser(scene.ctx, { name });
            else if (kind === "regenerate") await regenerateUserSecret(scene.ctx, { name });
            else await switchUser(scene.ctx, { name, enabled: kind === "enable" });
          };
          const known = new Set(scene.engine.shards.keys());
          const started = await startedBy(scene, () => work().catch(onlyKnownErrors));
          expect(started.filter((id) => known.has(id)).length).toBeLessThanOrEqual(kind === "add" ? 0 : 1);
          const links = await linksOf(scene);
          if (before !== undefined && before !== links.get(name)) dead.add(before);
          await expectTruth(scene, links, dead);
        }
      }),
      { numRuns: 2 },
    );
  }, 180_000);

  function onlyKnownErrors(error: unknown): void {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).kind).toMatch(/^(not-found|conflict)$/);
  }

  async function expectTruth(scene: AppScene, links: ReadonlyMap<string, string>, dead: ReadonlySet<string>) {
    const { data } = await listUsers(scene.ctx);
    for (const { username, enabled } of data.users.filter(({ mtproxy }) => mtproxy)) {
      expect([username, await scene.works(links.get(username))]).toEqual([username, enabled]);
    }
    for (const link of dead) expect(await scene.works(link)).toBe(false);
    for (const { keys } of scene.engine.taken.values()) expect(keys.size).toBe(16);
    const ports = [...scene.engine.taken.values()].map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
  }
});
