import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AGENT_KEY_FILE, type AgentNumber, type AgentReport, agentNumbers, agentUser } from "../../domain/agent.ts";
import { AppError } from "../../domain/errors.ts";
import type { RenderedEdgeKeys } from "../../render/edge-keys.ts";
import { readAgentReport } from "./agent-report.ts";
import { haproxyUser } from "./edge-deployment.ts";

/** An agent sees a new file within milliseconds, and within a second where its folder cannot be watched. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

/** The folders that HAProxy's container has mounted: made once, and never again. */
export async function makeEdgeFolders(ctx: Context): Promise<void> {
  const isRoot = ctx.host.uid === 0;
  const user = haproxyUser(ctx);
  // The master, which is root without root's rights, writes here by the group; the workers by their id.
  await makeOnce(ctx, ctx.paths.haproxy, 0o770, { uid: user.uid, gid: isRoot ? 0 : user.gid });
  await makeOnce(ctx, ctx.paths.agents, 0o750, isRoot ? agentUser : user);
}

async function makeOnce(
  ctx: Context,
  path: string,
  mode: number,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const { uid, gid } = (await ctx.files.stat(path)) ?? {};
  if (uid !== owner.uid || gid !== owner.gid) await ctx.files.makeFolder(path, { mode, owner });
}

/** Keys that let somebody in by the key file that is there: server entry → digits. */
export async function keysInUse(ctx: Context): Promise<Map<string, { holder: string; server: string }>> {
  try {
    const text = (await ctx.files.readText(keyFile(ctx))) ?? '{"keys":[]}';
    const { keys } = JSON.parse(text) as { keys: { key: string; holder: string; server: string; refusal?: string }[] };
    const valid = keys.filter(({ refusal }) => refusal === undefined);
    return new Map(valid.map(({ key, holder, server }) => [key, { holder, server }]));
  } catch {
    // Whatever it is, the agents cannot read it either.
    return new Map();
  }
}

/** Writes the agents' key file and waits until those that run work with it. Gives how many do. */
export async function handOverKeys(ctx: Context, keys: RenderedEdgeKeys): Promise<number> {
  await writeKeys(ctx, keys);
  const taken = await Promise.all(agentNumbers.map((number) => hasTaken(ctx, number, keys.generation)));
  return taken.filter(Boolean).length;
}

export async function writeKeys(ctx: Context, { content }: RenderedEdgeKeys): Promise<void> {
  const path = keyFile(ctx);
  if ((await ctx.files.readText(path)) === content) return;
  const owner = ctx.host.uid === 0 ? agentUser : haproxyUser(ctx);
  await ctx.files.write(path, content, { mode: 0o600, exactMode: true, owner });
}

/** For when nobody is to be identified any more. */
export async function forgetKeys(ctx: Context): Promise<void> {
  await ctx.files.remove(keyFile(ctx));
}

function keyFile(ctx: Context): string {
  return join(ctx.paths.agents, AGENT_KEY_FILE);
}

/** False for one that does not run: HAProxy does not ask it. */
async function hasTaken(ctx: Context, number: AgentNumber, generation: string): Promise<boolean> {
  const deadline = ctx.clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    const report = await readAgentReport(ctx, number);
    if ((await ctx.agents.greet(number)) !== "answers") return false;
    if (report?.generation === generation) return true;
    if (ctx.clock.now().getTime() > deadline) throw lagging(number, report);
    await ctx.clock.sleep(PAUSE_MS);
  }
}

function lagging(number: number, report: AgentReport | undefined): AppError {
  const why = report?.fault === undefined ? "" : `: ${report.fault}`;
  return new AppError("engine", `agent ${number} runs and does not take the new keys${why}`, {
    hint: `restart it (systemctl restart familytraffic-mtproxy-agent@${number}), then mtproxy apply`,
  });
}
