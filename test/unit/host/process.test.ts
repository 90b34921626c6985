import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock, systemRandom } from "../../../src/host/process.ts";
import { watch, withProgram } from "../../support/run-source.ts";

const deaf = `
  import { watchInterrupts } from "./src/host/process.ts";
  watchInterrupts(console.log);
  setInterval(() => {}, 1000);
  console.log("ready");
`;

const heeding = `
  import { watchInterrupts } from "./src/host/process.ts";
  const { signal } = watchInterrupts(console.log);
  const work = setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => {
    console.log("tidying up:", signal.reason.kind);
    if (process.argv[2] === "quickly") clearInterval(work);
  });
  console.log("ready");
`;

/** Has begun what it finishes when it is told to on stdin. */
const begun = `
  import { watchInterrupts } from "./src/host/process.ts";
  const interrupts = watchInterrupts(console.log);
  interrupts.putOff();
  process.stdin.once("data", () => process.exit(0));
  console.log("ready");
`;

const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

test.each(signals)("%s ends a command that does not heed interrupts with exit code %i", (signal, code) =>
  withProgram(deaf, async (file) => {
    const program = watch(process.execPath, [file]);
    await program.until("ready");
    program.child.kill(signal);
    expect(await program.ended).toBe(code);
  }),
);

test("a command that heeds interrupts ends by itself after the first one", () =>
  withProgram(heeding, async (file) => {
    const program = watch(process.execPath, [file, "quickly"]);
    await program.until("ready");
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain("tidying up: interrupted");
  }));

test("the second interrupt ends a command that takes too long to tidy up", () =>
  withProgram(heeding, async (file) => {
    const program = watch(process.execPath, [file, "slowly"]);
    await program.until("ready");
    program.child.kill("SIGINT");
    await program.until("tidying up");
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(130);
  }));

test.each(signals)("%s lets a command finish that has begun something, and says so once", (signal) =>
  withProgram(begun, async (file) => {
    const program = watch(process.execPath, [file]);
    await program.until("ready");
    // Twice at the same time means once: timeout(1) does that.
    program.child.kill(signal);
    program.child.kill(signal);
    await program.until("once more to stop at once");
    program.child.stdin.end("go on");
    expect(await program.ended).toBe(0);
    expect(program.output().match(/finishing what was begun/g)).toHaveLength(1);
  }),
);

test.each(signals.slice(0, 2))("a second %s ends it with exit code %i, and says what may be left", (signal, code) =>
  withProgram(begun, async (file) => {
    const program = watch(process.execPath, [file]);
    await program.until("ready");
    program.child.kill(signal);
    await program.until("once more to stop at once");
    await sleep(200);
    program.child.kill(signal);
    expect(await program.ended).toBe(code);
    expect(program.output()).toContain("a change is saved that may not be live; mtproxy apply finishes it");
  }),
);

test("a terminal that is closed never ends it, however often that is said", () =>
  withProgram(begun, async (file) => {
    const program = watch(process.execPath, [file]);
    await program.until("ready");
    for (let times = 0; times < 3; times++) {
      program.child.kill("SIGHUP");
      await sleep(150);
    }
    program.child.stdin.end("go on");
    expect(await program.ended).toBe(0);
  }));

test("random bytes have the length asked for and differ", () => {
  expect(systemRandom.bytes(32)).toHaveLength(32);
  expect(systemRandom.bytes(16)).not.toEqual(systemRandom.bytes(16));
  expect(systemRandom.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the clock sleeps for as long as it is told", async () => {
  const before = systemClock.now().getTime();
  await systemClock.sleep(50);
  expect(systemClock.now().getTime() - before).toBeGreaterThanOrEqual(49);
});
