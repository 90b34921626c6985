import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { statsServer } from "../../src/analytics/http/serve.ts";
import { Metrics } from "../../src/analytics/metrics/metrics.ts";
import { loadSettings } from "../../src/app/load-state.ts";
import { ensureToken } from "../../src/app/stats-api/token.ts";
import type { HostContext } from "../../src/context.ts";
import { createMachine } from "../../src/host/machine.ts";
import { picture, sharedBrowser } from "../support/browser/browser.ts";
import { bytesOf, enter, LOOK_MS, onlineOn, personIn } from "../support/browser/page-actions.ts";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { canRun } from "../support/machine.mts";
import { headerOf, helloOf } from "../unit/edge/identify/edge-keys.ts";

const browser = sharedBrowser();
const program = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

test.runIf(canRun("haproxy"))(
  "who connects through HAProxy is online on an open page within a look, with exactly the bytes that went through, over restarts too",
  async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const quota = { mtproxy_limits: { quota_bytes: 100_000 } };
    const home = await DaemonHome.of(scene, [[alice, quota], [bob]]);
    const { ctx } = home;
    const port = await freePort();
    await ctx.stores.settings.write({ ...(await loadSettings(ctx)), statsApi: true, statsApiPort: port });
    // The daemon of these homes is of this process: where the built page is, a started program would know by itself.
    const machine = { ...createMachine({}), ourselves: [process.execPath, program] };
    const place = { url: `http://127.0.0.1:${port}/`, token: await ensureToken(ctx) };
    const serve = statsServer({ ...ctx, machine } as unknown as HostContext, new Metrics({ version: "test" }));
    const stop = await home.start(serve);
    await vi.waitUntil(() => home.said.some((line) => line.includes("listens")));
    const { page, faults } = await enter(browser(), place);
    await onlineOn(page).getByText("Nobody is online.").waitFor();
    const [first, second] = [scene.visitor(), scene.visitor()];
    await first.say(headerOf(alice));
    await second.say(helloOf(bob));
    first.socket.write(randomBytes(60_000));
    await onlineOn(page)
      .getByRole("link", { name: "bob", exact: true })
      .waitFor({ timeout: 2 * LOOK_MS });
    await expect
      .poll(() => bytesOf(page, "alice"), { timeout: 2 * LOOK_MS })
      .toEqual([first.socket.bytesWritten, first.socket.bytesRead]);
    expect(await bytesOf(page, "bob")).toEqual([second.socket.bytesWritten, second.socket.bytesRead]);
    await personIn(page, "alice").click();
    await page.getByText(/^6\d% of 100 kB$/).waitFor();
    await picture(page, "edge-person");
    await page.getByRole("link", { name: "All people" }).click();
    await page.getByRole("region", { name: "HAProxy" }).getByText("2 of 2 answer").waitFor();
    await stop();
    await page.getByText("The server has not answered since").waitFor();
    await first.close();
    await scene.runtime.reload();
    await scene.agentsAreUp();
    const third = scene.visitor();
    await third.say(headerOf(alice));
    third.socket.write(randomBytes(5000));
    await second.close();
    await home.start(serve);
    const sum = (figure: "bytesWritten" | "bytesRead") => first.socket[figure] + third.socket[figure];
    await expect
      .poll(() => bytesOf(page, "alice"), { timeout: 2 * LOOK_MS })
      .toEqual([sum("bytesWritten"), sum("bytesRead")]);
    expect(await bytesOf(page, "bob")).toEqual([second.socket.bytesWritten, second.socket.bytesRead]);
    await third.close();
    await onlineOn(page)
      .getByText("Nobody is online.")
      .waitFor({ timeout: 2 * LOOK_MS });
    await ctx.stores.settings.write({ ...(await loadSettings(ctx)), routing: "direct" });
    await onlineOn(page)
      .getByText("Figures of each person need HAProxy routing")
      .waitFor({ timeout: 2 * LOOK_MS });
    const row = page.locator(".people tbody tr").first();
    expect(await row.locator(".unknown").allInnerTexts()).toContain("not known");
    expect(await row.locator("td", { hasText: /^0/ }).count()).toBe(0);
    expect(faults).toEqual([]);
  },
);
