import { expect, test } from "vitest";
import { systemClock, systemRandom } from "../../../src/host/process.ts";
import { watch, withProgram } from "../../support/run-source.ts";

const deaf = `
  import { watchInterrupts } from "./src/host/process.ts";
  watchInterrupts();
  setInterval(() => {}, 1000);
  console.log("ready");
`;

const heeding = `
  import { watchInterrupts } from "./src/host/process.ts";
  const { signal } = watchInterrupts();
  const work = setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => {
    console.log("tidying up:", signal.reason.kind);
    if (process.argv[2] === "quickly") clearInterval(work);
  });
  console.log("ready");
`;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends a command that does not heed interrupts with exit code %i", (signal, code) =>
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
