import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AGENT_REFUSALS_FILE, type AgentNumber, agentNumbers, agentUser } from "../../domain/agent.ts";
import { accountOf } from "../../domain/ledger.ts";
import type { PassingRefusals } from "../../domain/refusals.ts";
import { noteRefusals } from "../audit/note-refusals.ts";
import { readAgentReport } from "../routing/agent-report.ts";

/** An agent sees a new file within milliseconds, and within a second where its folder cannot be watched. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 10;

/** Tells the agents who is refused, then closes what these people have open. */
export class Enforcer {
  readonly #ctx: Context;
  readonly #log: (line: string) => void;
  #told: PassingRefusals = {};
  #isFirst = true;
  /** What the audit log tells of. */
  #noted: PassingRefusals = {};
  /** Whose connections are still to be closed: HAProxy may not answer at once. */
  readonly #open = new Set<string>();

  constructor(ctx: Context, log: (line: string) => void) {
    this.#ctx = ctx;
    this.#log = log;
  }

  /** @throws AppError where files cannot be written or HAProxy does not answer; the next call goes on */
  async enforce(wanted: PassingRefusals): Promise<void> {
    const added = Object.keys(wanted).filter((name) => !Object.hasOwn(this.#told, name));
    const gone = Object.keys(this.#told).filter((name) => !Object.hasOwn(wanted, name));
    if (this.#isFirst) this.#noted = await this.#readTold();
    if (added.length + gone.length > 0 || this.#isFirst) await this.#tell(wanted);
    for (const name of added) this.#log(`${name}: ${wanted[name]}, refused from now on`);
    for (const name of gone) this.#log(`${name}: let in again`);
    for (const name of added) this.#open.add(name);
    for (const name of gone) this.#open.delete(name);
    const noted = this.#noted;
    this.#noted = this.#told;
    try {
      if (this.#open.size > 0) await this.#close();
    } finally {
      if (noted !== this.#told) await noteRefusals(this.#ctx, noted, this.#told, this.#log);
    }
  }

  /** As the daemon before left it: a restart is no change. */
  async #readTold(): Promise<PassingRefusals> {
    try {
      return JSON.parse((await this.#ctx.files.readText(this.#path)) ?? "").reasons ?? {};
    } catch {
      return {};
    }
  }

  get #path(): string {
    return join(this.#ctx.paths.agents, AGENT_REFUSALS_FILE);
  }

  async #tell(reasons: PassingRefusals): Promise<void> {
    const { files, host } = this.#ctx;
    const path = this.#path;
    const sorted = Object.fromEntries(Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1)));
    const generation = createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
    const text = `${JSON.stringify({ generation, reasons: sorted })}\n`;
    const owner = host.uid === 0 ? { owner: agentUser } : {};
    if ((await files.readText(path)) !== text)
      await files.write(path, text, { mode: 0o600, exactMode: true, ...owner });
    this.#told = reasons;
    this.#isFirst = false;
    await Promise.all(agentNumbers.map((number) => this.#learns(number, generation)));
  }

  /** An agent that is away reads the file before it serves again. */
  async #learns(number: AgentNumber, generation: string): Promise<void> {
    const { agents, clock } = this.#ctx;
    const deadline = clock.now().getTime() + PATIENCE_MS;
    for (;;) {
      if ((await readAgentReport(this.#ctx, number))?.refusals === generation) return;
      if ((await agents.greet(number)) !== "answers") return;
      if (clock.now().getTime() > deadline)
        return this.#log(`agent ${number} does not take the list of who is refused`);
      await clock.sleep(PAUSE_MS);
    }
  }

  async #close(): Promise<void> {
    const haproxy = await this.#ctx.haproxy();
    const servers = await haproxy.servers();
    const names = servers.map(({ name }) => name).filter((name) => this.#isToClose(name));
    const before = [...this.#open];
    await Promise.all(names.map((name) => haproxy.closeSessions(name)));
    for (const name of before) this.#open.delete(name);
  }

  #isToClose(server: string): boolean {
    return this.#open.has(server) || this.#open.has(accountOf(server));
  }
}
