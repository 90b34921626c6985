import { describe, expect, test } from "vitest";
import type { EdgeKey } from "../../src/edge/identify/edge-key.ts";
import { AgentProcess } from "../support/edge/agent-process.ts";
import { Crowd } from "../support/edge/crowd.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, padded } from "../unit/edge/identify/edge-keys.ts";

/** More keys than one, so that who is not known by its address takes a search. */
const others: readonly EdgeKey[] = Array.from({ length: 200 }, (_, index) => padded(`other${index}`));
const everybody = [...others, alice, bob];
/** All come from one address here, and wait at the same time while an agent stands still. */
const crowded = { maxConnectionsPerSource: 1000 };

/** How often each verdict stands in the records from `from` on, once there are `count` of them. */
async function verdicts(scene: EdgeScene, from: number, count: number): Promise<Record<string, number>> {
  await scene.record(from + count);
  const counts: Record<string, number> = {};
  for (const { verdict = "" } of scene.haproxy.records.slice(from)) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

describe("with constant connections", () => {
  test("agents are restarted one after the other, stopped or taken over, and nobody is unidentified", async () => {
    const { scene, processes } = await EdgeScene.startProcesses(everybody, crowded);
    const { home } = scene.folders;
    const crowd = new Crowd(scene, () => headerOf(alice), 4);
    await crowd.more(50);
    for (const number of [1, 2] as const) {
      processes.push(await AgentProcess.start(home, number));
      expect(await processes[number - 1]?.ended).toBe(0);
      await crowd.more(50);
    }
    const [, , first, second] = processes;
    await first?.close();
    await crowd.more(50);
    await AgentProcess.start(home, 1);
    await scene.agentsAreUp();
    await second?.close();
    await crowd.more(50);
    await AgentProcess.start(home, 2);
    const answers = await crowd.end();
    expect(answers.length).toBeGreaterThan(250);
    expect(await verdicts(scene, 0, answers.length)).toEqual({ ok: answers.length });
    expect(new Set(answers)).toEqual(new Set(["shard1"]));
  });

  test("one that is killed or stopped costs three of them at most, and one that comes back is asked again", async () => {
    const { scene, processes } = await EdgeScene.startProcesses(everybody, crowded);
    const crowd = new Crowd(scene, () => headerOf(alice));
    await crowd.more(50);
    await processes[0]?.kill();
    await crowd.more(150);
    await AgentProcess.start(scene.folders.home, 1);
    await scene.agentsAreUp();
    const killed = (await crowd.end()).length;
    const { open: openWhenKilled = 0, ...rest } = await verdicts(scene, 0, killed);
    expect(rest).toEqual({ ok: killed - openWhenKilled });
    expect(openWhenKilled).toBeLessThanOrEqual(3);

    const again = new Crowd(scene, () => headerOf(alice));
    await again.more(50);
    const [, second] = processes;
    const frozen = await AgentProcess.start(scene.folders.home, 1);
    await again.more(20);
    frozen.signal("SIGSTOP");
    await again.more(200);
    frozen.signal("SIGCONT");
    await scene.agentsAreUp();
    await second?.kill();
    await again.more(50);
    const stopped = (await again.end()).length;
    const { open = 0, ...others } = await verdicts(scene, killed, stopped);
    expect(others).toEqual({ ok: stopped - open });
    expect(open).toBeLessThanOrEqual(3);
  });

  test("keys are replaced a hundred times, and who has one throughout never notices", async () => {
    const { scene } = await EdgeScene.startProcesses(everybody, crowded);
    const crowd = new Crowd(scene, () => headerOf(alice));
    for (let round = 0; round < 100; round += 1) {
      await scene.writeKeys([...others.slice(round), alice, bob]);
      await crowd.more(2);
    }
    const answers = await crowd.end();
    expect(await verdicts(scene, 0, answers.length)).toEqual({ ok: answers.length });
    await scene.writeKeys([{ ...alice, refusal: "disabled" }, bob]);
    await expect.poll(() => scene.whoAnswers(headerOf(alice))).toBe("site");
  });
});

describe("with both agents dead", () => {
  test("known addresses reach their shard, HAProxy stays calm, and agents that come back are asked at once", async () => {
    const { scene, processes } = await EdgeScene.startProcesses(everybody, crowded);
    const visits = 300;
    const cost = async (bytes: () => Uint8Array) => {
      const before = await scene.haproxy.cpuSeconds();
      for (let count = 0; count < visits; count += 10)
        await Promise.all(Array.from({ length: 10 }, () => scene.whoAnswers(bytes())));
      return (await scene.haproxy.cpuSeconds()) - before;
    };
    const usual = await cost(() => headerOf(alice));
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
    for (const agent of processes) await agent.kill();
    await scene.agentsAreDown();
    const alone = await cost(() => headerOf(alice));
    expect(alone / usual).toBeLessThan(2);
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
    expect(await verdicts(scene, 0, 2 * visits + 2)).toEqual({ ok: visits + 1, open: visits + 1 });
    const servers = new Set(scene.haproxy.records.slice(visits + 1).map(({ server }) => server));
    expect(servers).toEqual(new Set(["shard1/now", "shard2/now"]));
    await AgentProcess.start(scene.folders.home, 2);
    await expect
      .poll(async () => {
        await scene.whoAnswers(headerOf(alice));
        return scene.haproxy.records.at(-1)?.verdict;
      })
      .toBe("ok");
  });
});
