import { describe, expect, it } from "vitest";
import { Repeater } from "../../../../src/app/daemon/repeater.ts";

/** Runs it until `work` was done so often. */
async function repeat(
  count: number,
  start: (repeater: Repeater, work: () => Promise<void>) => Promise<void>,
  work: (round: number) => void = () => {},
): Promise<{ readonly said: string[]; readonly times: number[] }> {
  const [controller, said, times]: [AbortController, string[], number[]] = [new AbortController(), [], []];
  const repeater = new Repeater(controller.signal, (line) => void said.push(line));
  await start(repeater, async () => {
    times.push(Date.now());
    if (times.length >= count) controller.abort();
    work(times.length);
  });
  return { said, times };
}

describe("what is done again and again", () => {
  it("tells trouble when it begins, when it is another one and when it ends, and goes on", async () => {
    const faults = [undefined, "no disk", "no disk", "no network", undefined, undefined];
    const { said, times } = await repeat(
      faults.length,
      ({ every }, work) => every(1, "saving", work),
      (round) => {
        const fault = faults[round - 1];
        if (fault !== undefined) throw new Error(fault);
      },
    );
    expect(said).toEqual(["saving: no disk", "saving: no network", "saving: works again"]);
    expect(times).toHaveLength(faults.length);
  });

  it("is done at once, and then in a stretch of time of its own each time", async () => {
    const { times } = await repeat(4, ({ everyFull }, work) => everyFull(100, "looking", work));
    const stretches = times.map((at) => Math.floor(at / 100));
    expect(new Set(stretches.slice(1)).size).toBe(3);
  });

  it("ends at once with the signal, however long the pause would be", async () => {
    const began = performance.now();
    await repeat(1, ({ every }, work) => every(60_000, "waiting", work));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
