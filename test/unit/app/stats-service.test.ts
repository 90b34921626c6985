import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ServeOptions } from "../../../src/app/stats-api/serve-numbers.ts";
import { StatsService } from "../../../src/app/stats-api/stats-service.ts";
import { replaceToken, tokenPath } from "../../../src/app/stats-api/token.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { defaultSettings, type Settings } from "../../../src/domain/settings.ts";
import { appScene } from "../../support/app-scene.ts";
import { TestSource } from "../../support/numbers-source.ts";

/** A home, and what opens the API there: a list of what is open, and of what was. */
async function scene() {
  const { ctx } = await appScene();
  const opened: ServeOptions[] = [];
  const open = new Set<ServeOptions>();
  const taken = new Set<number>();
  const said: string[] = [];
  const service = new StatsService(ctx, {
    source: new TestSource(),
    log: (line) => void said.push(line),
    serve: async (_source, options) => {
      if (taken.has(options.port)) throw new AppError("environment", "port taken", { hint: "take another" });
      opened.push(options);
      open.add(options);
      return { addresses: [`127.0.0.1:${options.port}`], close: async () => void open.delete(options) };
    },
  });
  const follow = (parts: Partial<Settings>) => service.follow({ ...defaultSettings, statsApi: true, ...parts });
  const report = () => readFile(join(ctx.paths.run, "stats_api.json"), "utf8").then(JSON.parse, () => undefined);
  return { ctx, service, opened, open, taken, said, follow, report };
}

test("the API is opened once for the same settings, anew for others, and closed when nobody wants it", async () => {
  const { service, opened, open, follow, report, said } = await scene();
  for (const port of [1000, 1000, 1001]) await follow({ statsApiPort: port });
  expect(opened.map(({ port }) => port)).toEqual([1000, 1001]);
  expect([...open].map(({ port }) => port)).toEqual([1001]);
  expect(await report()).toMatchObject({ port: 1001, addresses: ["127.0.0.1:1001"], fault: null });
  await follow({ statsApiPort: 1001, statsApiOrigin: "https://a.example", metricsUsers: 5 });
  expect(opened.at(-1)).toMatchObject({ origin: "https://a.example", metricsUsers: 5 });
  await follow({ statsApi: false });
  expect([open.size, await report()]).toEqual([0, undefined]);
  await follow({});
  await service.close();
  expect([open.size, await report()]).toEqual([0, undefined]);
  expect(said.filter((line) => line.includes("listens"))).toHaveLength(4);
});

test("a token is made where one is asked for and none is there, and another one counts as soon as it stands there", async () => {
  const { ctx, opened, follow, said } = await scene();
  await follow({ statsApiToken: false });
  expect(opened[0]?.token).toBeUndefined();
  await follow({});
  expect((await stat(tokenPath(ctx.paths))).mode & 0o777).toBe(0o600);
  expect(opened[1]?.token).toMatch(/^[\w-]{43}$/);
  const next = await replaceToken(ctx);
  await follow({});
  expect(opened[2]?.token).toBe(next);
  for (const { token } of opened.slice(1)) expect(said.join("\n")).not.toContain(token);
});

test("a port that is taken is told once, tried again after a while, and told when it is free", async () => {
  const { ctx, open, taken, follow, report, said } = await scene();
  taken.add(defaultSettings.statsApiPort);
  for (let second = 0; second < 6; second++) {
    await follow({});
    await ctx.clock.sleep(1000);
  }
  expect(said).toEqual(["stats API: port taken"]);
  expect(await report()).toMatchObject({ addresses: [], fault: "port taken", remedy: "take another" });
  taken.clear();
  await ctx.clock.sleep(2000);
  await follow({});
  expect([open.size, said.at(-1)]).toEqual([1, expect.stringContaining("listens on")]);
});

test("a token file that holds none closes what is open, and is forgotten with everything else", async () => {
  const { ctx, open, follow, report, said } = await scene();
  await follow({});
  await writeFile(tokenPath(ctx.paths), "short");
  await follow({});
  expect([open.size, await report()]).toEqual([
    0,
    expect.objectContaining({ fault: expect.stringContaining("no token") }),
  ]);
  await follow({ statsApi: false });
  expect(await report()).toBeUndefined();
  await replaceToken(ctx);
  await follow({});
  expect([open.size, said.filter((line) => line.includes("no token"))]).toEqual([1, [expect.any(String)]]);
});
