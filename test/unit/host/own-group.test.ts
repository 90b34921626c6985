import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { watch, withProgram } from "../../support/run-source.ts";

/** Starts `sleep` as the product starts its programs and tells its process id; ends itself when told to. */
const parent = `
  import { spawn } from "node:child_process";
  import { endWithUs, ownGroup } from "./src/host/own-group.ts";
  const child = spawn("sleep", ["60"], { ...ownGroup, stdio: "ignore" });
  endWithUs(child);
  process.on("SIGINT", () => console.log("interrupted"));
  process.on("SIGTERM", () => process.exit(3));
  child.on("exit", (code, signal) => console.log("ended by", signal ?? code));
  console.log("child", child.pid, ".");
`;

const runs = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Fields 4 and 5 of /proc/PID/stat (proc(5)): parent and process group. */
const statOf = (pid: number) => {
  const [, , ppid, group] = /\) (\S) (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  return { parent: Number(ppid), group: Number(group) };
};

test("a program in a group of its own does not get what the terminal sends to ours, and ends when we do", () =>
  withProgram(parent, async (file) => {
    // `setsid` gives the program a group of its own to be interrupted, as a shell's job has one.
    const program = watch("setsid", ["--wait", process.execPath, file]);
    await program.until(" .");
    const child = Number(/child (\d+)/.exec(program.output())?.[1]);
    const { parent: us } = statOf(child);
    expect(statOf(child).group).toBe(child);
    process.kill(-statOf(us).group, "SIGINT");
    await program.until("interrupted");
    expect(program.output()).not.toContain("ended by");
    expect(runs(child)).toBe(true);

    process.kill(us, "SIGTERM");
    expect(await program.ended).toBe(3);
    await expect.poll(() => runs(child)).toBe(false);
  }));

test("a program that ended before us is nothing to end", () =>
  withProgram(parent, async (file) => {
    const program = watch(process.execPath, [file]);
    await program.until(" .");
    process.kill(Number(/child (\d+)/.exec(program.output())?.[1]), "SIGKILL");
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain("ended by SIGKILL");
  }));
