import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { addSecret } from "../../../src/app/shared-secrets/add-secret.ts";
import { listSecrets } from "../../../src/app/shared-secrets/list-secrets.ts";
import { regenerateSecret } from "../../../src/app/shared-secrets/regenerate-secret.ts";
import { removeSecret } from "../../../src/app/shared-secrets/remove-secret.ts";
import type { SharedSecretCard } from "../../../src/app/shared-secrets/shared-secret-card.ts";
import { showConfig } from "../../../src/app/shared-secrets/show-config.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { makeSecret } from "../../../src/domain/secret.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { goodImage } from "../../support/deployment.ts";
import { numberedKey } from "../../support/domain.ts";

async function running(): Promise<AppScene> {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  scene.engine.started.length = 0;
  return scene;
}

/** Adds a secret whose link must work at once. */
async function add(scene: AppScene, options = {}): Promise<SharedSecretCard> {
  const { data, failure } = await addSecret(scene.ctx, options);
  expect(failure).toBeUndefined();
  expect(await scene.works(data.link)).toBe(true);
  return data;
}

async function filesOf({ home }: AppScene): Promise<string[]> {
  return (await readdir(join(home.paths.clients, "_shared")).catch(() => [])).sort();
}

/** Keys that each shard's process gets. */
async function keyCounts(scene: AppScene): Promise<number[]> {
  const files = Object.entries(await scene.rendered()).filter(([path]) => path.endsWith("/keys"));
  return files.map(([, text]) => text.split("\n").filter((line) => /^[0-9a-f]{32}$/.test(line)).length);
}

describe("add-secret", () => {
  it("takes a spare key, restarts nothing and writes link and QR files", async () => {
    const scene = await running();
    const card = await add(scene, { description: "reading circle" });
    expect(scene.engine.started).toEqual([]);
    expect(card).toMatchObject({ number: 1, mode: "padded", description: "reading circle", active: true, port: 8443 });
    expect((await readFile(card.files.link, "utf8")).split("\n")).toEqual([card.link, card.tmeLink, ""]);
    expect(await readdir(join(scene.home.paths.clients, "_shared", card.id))).toEqual(
      expect.arrayContaining(["mtproxy_link.txt", "mtproxy_qr.png", "mtproxy_qr.svg"]),
    );
  });

  it("is padded by default whatever users get, plain and fake-TLS where asked for", async () => {
    const scene = await appScene({ defaultMode: "fake-tls" });
    expect((await add(scene)).secret).toMatch(/^dd/);
    expect((await add(scene, { plain: true })).secret).toMatch(/^[0-9a-f]{4}\.\.\./);
    expect(await add(scene, { fakeTls: true })).toMatchObject({ mode: "fake-tls", domain: "google.com" });
    expect(await add(scene, { fakeTls: true, domain: "Microsoft.COM" })).toMatchObject({ domain: "microsoft.com" });
  });

  it("refuses wishes that exclude each other and domains outside the list, and saves nothing", async () => {
    const scene = await running();
    for (const [options, kind] of [
      [{ withPadding: true, plain: true }, "usage"],
      [{ withPadding: true, fakeTls: true }, "usage"],
      [{ plain: true, domain: "google.com" }, "usage"],
      [{ fakeTls: true, domain: "unlisted.example" }, "invalid"],
    ] as const)
      await expect(addSecret(scene.ctx, options)).rejects.toMatchObject({ kind });
    expect(await scene.ctx.stores.sharedSecrets.read()).toEqual([]);
  });

  it("never gives a key that a user has, nor one that it gave before", async () => {
    const scene = await running();
    const user = await addUser(scene.ctx, { name: "alice" });
    const links = [user.data.link, (await add(scene)).link, (await add(scene)).link];
    expect(new Set(links).size).toBe(3);
    for (const link of links) expect(await scene.works(link)).toBe(true);
  });

  it("saves and says so when nothing can be made live", async () => {
    const scene = await running();
    scene.engine.faults.unusable = new AppError("environment", "no Docker");
    const { data, failure } = await addSecret(scene.ctx, {});
    expect(failure).toMatchObject({ kind: "environment", message: expect.stringContaining("is saved, but its link") });
    expect(await scene.ctx.stores.sharedSecrets.read()).toHaveLength(1);
    expect(data.link).not.toBeNull();
  });

  it("says of a fake-TLS one that it is dead on an image that refuses the hello of current apps", async () => {
    const scene = await running();
    await scene.ctx.stores.engineRecord.write({ image: { ...goodImage, longHello: false, verdict: "padded-only" } });
    await addSecret(scene.ctx, {});
    expect(scene.said.filter((line) => line.includes("dead"))).toEqual([]);
    const { data } = await addSecret(scene.ctx, { fakeTls: true });
    expect(scene.said).toContainEqual(expect.stringContaining("fake-TLS links are dead"));
    expect(data.advice[0]).toContain("Dead for current Telegram apps");
  });

  it("changes nothing as a dry run", async () => {
    const scene = await running();
    await addSecret(scene.ctx, { dryRun: true });
    expect(await scene.ctx.stores.sharedSecrets.read()).toEqual([]);
    expect(await filesOf(scene)).toEqual([]);
  });
});

describe("remove-secret", () => {
  it("kills the link, takes its files away, and leaves sixteen keys in the process", async () => {
    const scene = await running();
    const [first, second] = [await add(scene), await add(scene)];
    const { data, failure } = await removeSecret(scene.ctx, { wanted: "1" });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({ id: first.id, removed: true, revoked: true, last: false });
    expect([await scene.works(first.link), await scene.works(second.link)]).toEqual([false, true]);
    expect(await filesOf(scene)).toEqual([second.id]);
    expect((await listSecrets(scene.ctx)).data.secrets).toMatchObject([{ number: 1, id: second.id }]);
  });

  it("says of the last one that nobody has a link any more; a shard without holders still has all its keys", async () => {
    const scene = await running();
    await addUser(scene.ctx, { name: "alice" });
    await add(scene);
    expect((await removeSecret(scene.ctx, { wanted: "1", dryRun: true })).data).toMatchObject({
      last: false,
      removed: false,
    });
    await scene.home.put(scene.home.paths.users, '{"users":[]}');
    expect((await removeSecret(scene.ctx, { wanted: "1" })).data).toMatchObject({ last: true, revoked: true });
    expect(await keyCounts(scene)).toEqual([16]);
  });

  it("does not call a link dead whose key a user has too", async () => {
    const scene = await running();
    const card = await add(scene);
    const [entry] = await scene.ctx.stores.sharedSecrets.read();
    const secret = `dd${entry?.secret.key.reveal()}`;
    await scene.home.put(
      scene.home.paths.users,
      JSON.stringify({ users: [{ username: "bob", mtproxy_secret: secret }] }),
    );
    const { data, failure } = await removeSecret(scene.ctx, { wanted: card.id });
    expect(data.revoked).toBe(false);
    expect(failure).toMatchObject({ kind: "conflict", message: expect.stringContaining("STILL WORKS: bob") });
    expect(await scene.works(card.link)).toBe(true);
  });

  it("says loudly that a link still works which could not be revoked; apply finishes it", async () => {
    const scene = await running();
    const card = await add(scene);
    scene.engine.faults.up = new AppError("engine", "no room");
    const { data, failure } = await removeSecret(scene.ctx, { wanted: card.id });
    expect([data.removed, data.revoked]).toEqual([true, false]);
    expect(failure).toMatchObject({ kind: "engine", message: expect.stringContaining("BUT ITS LINK STILL WORKS") });
    expect((await listSecrets(scene.ctx)).warnings).toEqual([expect.stringContaining("STILL WORKS")]);
    delete scene.engine.faults.up;
    await applyPlan(scene.ctx);
    expect(await scene.works(card.link)).toBe(false);
    expect((await listSecrets(scene.ctx)).warnings).toEqual([]);
  });

  it("never hands the removed key to anybody else", async () => {
    const scene = await running();
    const { link } = await add(scene);
    await removeSecret(scene.ctx, { wanted: "1" });
    const later = [];
    for (let count = 0; count < 18; count++) later.push((await addSecret(scene.ctx, {})).data.link);
    expect(later.map((one) => one?.split("secret=")[1])).not.toContain(link?.split("secret=")[1]);
  });
});

describe("regenerate-secret", () => {
  it("gives a new link on the same port, kills the old one, and keeps place and description", async () => {
    const scene = await running();
    await add(scene);
    const before = await add(scene, { description: "choir" });
    const { data, failure } = await regenerateSecret(scene.ctx, { wanted: before.id });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({
      number: 2,
      description: "choir",
      previousId: before.id,
      previousPort: 8443,
      port: 8443,
    });
    expect([await scene.works(before.link), await scene.works(data.link)]).toEqual([false, true]);
    expect((await filesOf(scene)).includes(before.id)).toBe(false);
    expect((await readFile(data.files.link, "utf8")).startsWith(`${data.link}\n`)).toBe(true);
  });

  it("does not call the old link dead while a user has its key", async () => {
    const scene = await running();
    const card = await add(scene);
    const [entry] = await scene.ctx.stores.sharedSecrets.read();
    const secret = `dd${entry?.secret.key.reveal()}`;
    await scene.home.put(
      scene.home.paths.users,
      JSON.stringify({ users: [{ username: "bob", mtproxy_secret: secret }] }),
    );
    const { data, failure } = await regenerateSecret(scene.ctx, { wanted: "1" });
    expect(failure?.message).toContain("STILL WORKS: bob");
    expect([await scene.works(card.link), await scene.works(data.link)]).toEqual([true, true]);
  });
});

describe("show-config", () => {
  it("shows one, or all, and says of an inactive one that its link is dead", async () => {
    const scene = await running();
    const card = await add(scene);
    await scene.ctx.stores.sharedSecrets.update((all) => [
      ...all,
      { secret: makeSecret("padded", numberedKey(7)), active: false },
    ]);
    await applyPlan(scene.ctx);
    expect((await showConfig(scene.ctx, "1")).data.secrets).toMatchObject([{ id: card.id, link: card.link }]);
    const { data, warnings } = await showConfig(scene.ctx, undefined);
    expect(data.secrets).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining("is not active")]);
    expect(await scene.works(data.secrets[1]?.link)).toBe(false);
  });

  it("names the next command where there is none", async () => {
    const { ctx } = await appScene();
    await expect(showConfig(ctx, undefined)).rejects.toMatchObject({
      kind: "not-found",
      hint: expect.stringContaining("mtproxy add-secret"),
    });
  });
});

it("files of shared secrets follow the server's name, and those of a secret that somebody deleted go", async () => {
  const scene = await running();
  const [stays] = [await add(scene), await add(scene)];
  await scene.ctx.stores.sharedSecrets.update((all) => all.slice(0, 1));
  const settings = await scene.ctx.stores.settings.read();
  if (settings !== undefined) await scene.ctx.stores.settings.write({ ...settings, publicHost: "203.0.113.99" });
  await applyPlan(scene.ctx);
  expect(await filesOf(scene)).toEqual([stays.id]);
  expect(await readFile(stays.files.link, "utf8")).toContain("server=203.0.113.99&");
});
