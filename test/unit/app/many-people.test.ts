import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settlePlan } from "../../../src/app/live/plan-state.ts";
import { addUsers } from "../../../src/app/people/add-users.ts";
import { rotateAll } from "../../../src/app/people/rotate-all.ts";
import { trialCapabilities } from "../../../src/domain/engine-facts.ts";
import { makePlan } from "../../../src/domain/plan/plan.ts";
import { revealSecret } from "../../../src/domain/secret.ts";
import { appScene } from "../../support/app-scene.ts";
import { numberedKey, planInput, proxyUser } from "../../support/domain.ts";

const FEW = 500;
const MANY = 8 * FEW;
/** Eight times the people cost about eight times as much; what looks at everybody for each of them costs 64 times as much. */
const BOUND = 24;

/** Time of the processor, milliseconds: other programs do not count. The best of three. */
async function costOf(work: () => unknown): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000);
  }
  return Math.min(...costs);
}

describe("eight times the people cost", () => {
  test("not much more than eight times as much to add from a list", async () => {
    const adding = async (count: number) => {
      const { ctx, home } = await appScene();
      const file = join(home.paths.home, "list");
      await home.put(file, Array.from({ length: count }, (_, index) => `u${index}\n`).join(""));
      return costOf(() => addUsers(ctx, { file, dryRun: true }));
    };
    expect((await adding(MANY)) / (await adding(FEW))).toBeLessThan(BOUND);
  });

  test("not much more than eight times as much to rotate", async () => {
    const rotating = async (count: number) => {
      const { ctx, home } = await appScene({ portRange: { first: 8444, last: 12000 } });
      const users = Array.from({ length: count }, (_, index) => ({
        username: `u${index}`,
        mtproxy_secret: revealSecret(proxyUser("", numberedKey(index)).secret),
      }));
      await home.put(home.paths.users, JSON.stringify({ users }));
      await settlePlan(ctx);
      return costOf(() => rotateAll(ctx, { dryRun: true }));
    };
    expect((await rotating(MANY)) / (await rotating(FEW))).toBeLessThan(BOUND);
  });
});

test("a first plan that puts everybody into one process costs not much more than the next, which moves nobody", async () => {
  const users = Array.from({ length: 40_000 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
  const input = planInput({ users, capabilities: trialCapabilities });
  const { book } = makePlan(input);
  const [first, next] = [await costOf(() => makePlan(input)), await costOf(() => makePlan({ ...input, book }))];
  expect(first / next).toBeLessThan(5);
});
