import type { HostContext } from "../../context.ts";
import { type FirewallAnswer, ufwAnswer, userChainAnswer } from "../../domain/firewall-rules.ts";
import type { Settings } from "../../domain/settings.ts";
import { INNER_PORT } from "../../domain/shard.ts";
import { type Check, type Finding, failed, NotExamined, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

export const firewallCheck: Check = {
  id: "firewall",
  title: "this machine's own firewall lets people in",
  run: async (exam) => {
    const settings = await exam.settings();
    const ports = await portsOf(exam, settings);
    const [ufw, chain] = await Promise.all([askUfw(exam.ctx), askIptables(exam.ctx, settings)]);
    if (ufw === undefined && chain === undefined)
      throw new NotExamined("neither ufw nor iptables can be asked here (root can, where they are installed)");
    const findings = ports.flatMap((port) => findingsFor(settings, port, ufw, chain));
    const worst = findings.find(({ verdict }) => verdict === "failed") ?? findings[0];
    return worst ?? ok(`port ${ports.join(", ")}: nothing on this machine is in the way`);
  },
};

async function portsOf(exam: Examination, { port }: Settings): Promise<number[]> {
  const { shards } = (await exam.state()).book;
  return shards.length === 0 ? [port] : shards.map((shard) => shard.port);
}

/** Status with the defaults for what no rule names; undefined when there is none to ask. */
async function askUfw({ machine }: HostContext): Promise<string | undefined> {
  if ((await machine.findOnPath("ufw")).length === 0) return undefined;
  const { failed: silent, stdout } = await machine.run(["ufw", "status", "verbose"], { timeoutMs: 8000 });
  return silent ? undefined : stdout;
}

/** What people who publish with Docker put their rules into, or the chain for this machine's own programs. */
async function askIptables({ machine }: HostContext, { engine }: Settings): Promise<string | undefined> {
  if ((await machine.findOnPath("iptables")).length === 0) return undefined;
  const chain = engine === "docker" ? "DOCKER-USER" : "INPUT";
  const { failed: silent, stdout } = await machine.run(["iptables", "-S", chain], { timeoutMs: 8000 });
  return silent ? undefined : stdout;
}

function findingsFor(settings: Settings, port: number, ufw: string | undefined, chain: string | undefined): Finding[] {
  const byUfw = ufw === undefined ? "open" : ufwAnswer(ufw, port);
  const byChain =
    chain === undefined ? "open" : userChainAnswer(chain, port, settings.engine === "docker" ? INNER_PORT : port);
  const found =
    settings.engine === "docker" ? publishedFinding(port, byUfw, byChain) : ownFinding(port, byUfw, byChain);
  return found === undefined ? [] : [found];
}

/** Docker's own rules come before UFW's: what it publishes is open whatever UFW says. */
function publishedFinding(port: number, ufw: FirewallAnswer, chain: FirewallAnswer): Finding | undefined {
  if (chain === "closed")
    return failed(
      `a rule in the chain DOCKER-USER drops what comes to port ${port}`,
      "iptables -S DOCKER-USER shows it",
    );
  if (ufw === "open") return undefined;
  return warning(
    `UFW does not allow port ${port}, but Docker publishes ports past it: people get in all the same`,
    `ufw allow ${port}/tcp says what is meant`,
  );
}

function ownFinding(port: number, ufw: FirewallAnswer, chain: FirewallAnswer): Finding | undefined {
  if (ufw === "limited")
    return failed(
      `UFW limits port ${port}: the sixth connection in 30 seconds is refused, and one app opens eight`,
      `ufw delete limit ${port}/tcp, then ufw allow ${port}/tcp`,
    );
  if (ufw === "closed") return failed(`UFW refuses what comes to port ${port}`, `ufw allow ${port}/tcp`);
  if (chain === "closed")
    return failed(`iptables drops what comes to port ${port}`, `iptables -I INPUT -p tcp --dport ${port} -j ACCEPT`);
  return undefined;
}
