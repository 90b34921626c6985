import { spawn } from "node:child_process";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { agentUser } from "../../src/domain/agent.ts";
import { greetAgent } from "../../src/edge/agent/greet.ts";
import { agentReport, agentSocket } from "../../src/edge/agent/places.ts";
import { homePaths } from "../../src/state/paths.ts";
import { runCli } from "../support/cli.ts";
import { AgentProcess } from "../support/edge/agent-process.ts";
import { giveToAgents } from "../support/edge/haproxy.ts";
import { canRun, isRoot } from "../support/machine.mts";
import { padded } from "../unit/edge/identify/edge-keys.ts";

const alice = padded("alice");

/** A home that nobody but its owner may look into, with a folder for the agents and keys in it. */
async function agentHome(): Promise<{ home: string; agents: string; writeKeys(generation: string): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), "mtproxy-test-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const { agents } = homePaths(home);
  await mkdir(agents, { recursive: true, mode: 0o700 });
  await chmod(agents, 0o750);
  await giveToAgents(agents);
  const writeKeys = async (generation: string) => {
    const { key, ...rest } = alice;
    const keys = [{ key: key.reveal(), ...rest }];
    const text = JSON.stringify({ generation, helloBytes: { minBytes: 517, maxBytes: 4096 }, keys });
    await writeFile(join(agents, "keys.json"), text, { mode: 0o600 });
    await giveToAgents(join(agents, "keys.json"));
  };
  await writeKeys("one");
  return { home, agents, writeKeys };
}

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-program-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

async function copyOfProgram(folder: string): Promise<string> {
  const root = resolve(import.meta.dirname, "../..");
  for (const name of ["bin", "dist"]) await cp(join(root, name), join(folder, name), { recursive: true });
  return join(folder, "bin/familytraffic-mtproxy");
}

const report = async (agents: string, number = 1) => JSON.parse(await readFile(agentReport(agents, number), "utf8"));
const status = (pid: number | string) => readFile(`/proc/${pid}/status`, "utf8");

describe.runIf(isRoot)("an agent that root starts", () => {
  test("is a user of its own in every thread, in no other group, without a right, and cannot be looked into", async () => {
    const { home, agents } = await agentHome();
    const { pid } = await AgentProcess.start(home, 1);
    const { uid, gid } = agentUser;
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const text = await status(`${pid}/task/${thread}`);
      expect(text).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
      expect(text).toContain(`Gid:\t${gid}\t${gid}\t${gid}\t${gid}\n`);
      expect(text).toMatch(/^Groups:\s*$/m);
      expect(text).toMatch(/^CapPrm:\t0+$/m);
      expect(text).toMatch(/^CapEff:\t0+$/m);
    }
    const socket = await stat(agentSocket(agents, 1));
    expect([socket.uid, socket.gid, socket.mode & 0o777]).toEqual([uid, gid, 0o660]);
    expect((await report(agents)).pid).toBe(pid);
    // What may leave no core dump belongs to root here (proc(5)); any other process of that user is the user's.
    expect((await stat(`/proc/${pid}/status`)).uid).toBe(0);
    const [file = "", ...args] = [...asAgent(), "sleep", "30"];
    const ordinary = spawn(file, args);
    onTestFinished(() => void ordinary.kill());
    await expect.poll(async () => (await stat(`/proc/${ordinary.pid}/status`)).uid).toBe(uid);
    // Where that user can read the program, wherever this one stands.
    const program = await copyOfProgram(await openFolder());
    const other = await AgentProcess.start(home, 2, { within: asAgent(), program }).catch(String);
    expect(String(other)).toContain("cannot be entered");
  });

  test("leaves no core dump, whatever limit it is started with", async () => {
    const { home, agents } = await agentHome();
    const inShell = (line: string) => ["sh", "-c", `ulimit -c unlimited; ${line}; exit $?`, "sh"];
    const agent = AgentProcess.launch(home, 1, { within: inShell('"$@" & echo pid $!; wait $!; echo code $?') });
    await agent.until("ready");
    const { pid } = await report(agents);
    expect(await readFile(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max core file size +unlimited/m);
    process.kill(pid, "SIGABRT");
    await agent.until("code 134");
    expect(agent.output).not.toContain("core dumped");
    expect((await readdir(agents)).filter((name) => name.includes("core"))).toEqual([]);
  });

  test("runs from a package and a home that only root may read", async () => {
    const { home } = await agentHome();
    const closed = join(home, "package");
    await mkdir(closed, { mode: 0o700 });
    const agent = await AgentProcess.start(home, 1, { program: await copyOfProgram(closed) });
    agent.signal("SIGTERM");
    expect(await agent.ended).toBe(0);
    expect(agent.output).not.toMatch(/EACCES|bug/);
  });

  test.runIf(canRun("strace"))("opens no network, and no file outside its folder once it serves", async () => {
    const { home, agents, writeKeys } = await agentHome();
    const trace = join(home, "trace");
    const within = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=socket,connect,openat,open,setuid,execve"];
    const agent = await AgentProcess.start(home, 1, { within });
    await writeKeys("two");
    await agent.until("state two");
    expect(await greetAgent(agentSocket(agents, 1), 5000)).toBe("answers");
    process.kill((await report(agents)).pid, "SIGTERM");
    await agent.ended;
    const calls = await readFile(trace, "utf8");
    const sockets = calls.match(/(socket|connect)\(.*/g) ?? [];
    expect(sockets.filter((call) => !/^socket\(AF_UNIX/.test(call))).toEqual([]);
    expect(sockets).not.toEqual([]);
    const own = calls.slice(calls.lastIndexOf("setuid(10002)"));
    const opened = [...own.matchAll(/open(?:at)?\((?:AT_FDCWD, )?"([^"]*)"/g)].map(([, path]) => path);
    expect(opened).toContain("keys.json");
    expect(opened.filter((path) => path?.startsWith("/") && !/^\/(proc|sys|dev\/null)/.test(path))).toEqual([]);
  });
});

describe("an agent process", () => {
  test("ends with a clear word when the folder is not there, somebody else's, or open to others", async () => {
    const { home, agents } = await agentHome();
    const fault = async () => {
      const { code, stderr } = await runCli(["agent", "1"], { home });
      return [code, stderr];
    };
    await chmod(agents, 0o777);
    expect(await fault()).toEqual([6, expect.stringContaining("others may write in")]);
    await chmod(agents, 0o750);
    if (isRoot) {
      await chown(agents, 0, 0);
      expect(await fault()).toEqual([
        6,
        expect.stringMatching(/belongs to the user 0, and the agent is the user 10002/),
      ]);
    }
    await rm(agents, { recursive: true });
    expect(await fault()).toEqual([
      6,
      expect.stringContaining("is not there\n  mtproxy enable-haproxy-routing makes it, later mtproxy apply"),
    ]);
    const third = await runCli(["agent", "3"], { home });
    expect([third.code, third.stderr]).toEqual([2, expect.stringContaining("there are two agents")]);
  });

  test("reads its keys anew at SIGHUP, ends well at SIGTERM, and waits for a first key file until then", async () => {
    const { home, agents } = await agentHome();
    await rm(join(agents, "keys.json"));
    const waiting = AgentProcess.launch(home, 2);
    await waiting.until("the key file cannot be read");
    waiting.signal("SIGTERM");
    expect(await waiting.ended).toBe(0);
    await writeFile(join(agents, "keys.json"), '{"generation":"x","helloBytes":{"minBytes":1,"maxBytes":2},"keys":[]}');
    await giveToAgents(join(agents, "keys.json"));
    const agent = await AgentProcess.start(home, 1);
    agent.signal("SIGHUP");
    await expect.poll(() => agent.output.match(/0 keys, state x/g)).toHaveLength(2);
    await agent.close();
    expect(await agent.ended).toBe(0);
    expect(agent.output).toContain("told to end");
    expect(await greetAgent(agentSocket(agents, 1))).toBe("gone");
  });

  test("gives its place to another of its number, which leaves its report and socket standing", async () => {
    const { home, agents } = await agentHome();
    const first = await AgentProcess.start(home, 1);
    const second = await AgentProcess.start(home, 1);
    expect(await first.ended).toBe(0);
    expect(first.output).toContain("another process is this agent now");
    expect((await report(agents)).pid).toBe(second.pid);
    expect(await greetAgent(agentSocket(agents, 1))).toBe("answers");
    second.signal("SIGSTOP");
    expect(await greetAgent(agentSocket(agents, 1))).toBe("silent");
    second.signal("SIGCONT");
    await rm(agentSocket(agents, 1));
    expect(await second.ended).toBe(6);
    expect(second.output).toContain("the agent's socket is gone");
  });
});

/** As systemd's User= would start it: with the way to the folder closed. */
function asAgent(): string[] {
  return ["setpriv", `--reuid=${agentUser.uid}`, `--regid=${agentUser.gid}`, "--clear-groups"];
}
