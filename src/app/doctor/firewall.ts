import type { HostContext } from "../../context.ts";
import { hasOwnSite } from "../../domain/cover-site.ts";
import { type FirewallAnswer, routeAnswer, ufwAnswer, userChainAnswer } from "../../domain/firewall-rules.ts";
import type { Settings } from "../../domain/settings.ts";
import { INNER_PORT } from "../../domain/shard.ts";
import { SITE_PORT, siteAddress } from "../../domain/site-address.ts";
import { DOCKER_FIREWALL_CHAIN } from "../../render/host-files.ts";
import { findBridge } from "../setup/docker-firewall.ts";
import { type Check, type Finding, failed, NotExamined, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

export const firewallCheck: Check = {
  id: "firewall",
  title: "this machine's own firewall lets people in",
  run: async (exam) => {
    const settings = asAsked(await exam.settings());
    const ports = await portsOf(exam, settings);
    const [ufw, chain] = await Promise.all([askUfw(exam.ctx), askIptables(exam.ctx, settings)]);
    if (ufw === undefined && chain === undefined)
      throw new NotExamined("neither ufw nor iptables can be asked here (root can, where they are installed)");
    const asked = await routeFinding(exam.ctx, settings, ports, chain ?? "");
    if (asked?.verdict === "failed") return asked;
    const others = withoutOurs(chain);
    const findings =
      asked === undefined || asked.verdict === "warning"
        ? ports.flatMap((port) => findingsFor(settings, port, ufw, others))
        : ports.flatMap((port) => findingsFor(settings, port, undefined, others));
    const shut = ufw === undefined ? undefined : siteFinding(settings, ufw);
    const worst = findings.find(({ verdict }) => verdict === "failed") ?? asked ?? findings[0] ?? shut;
    return worst ?? ok(`port ${ports.join(", ")}: nothing on this machine is in the way`);
  },
};

/** HAProxy has the host's network: the firewall asks for it as for any program that does not run in Docker. */
function asAsked(settings: Settings): Settings {
  return settings.routing === "edge" ? { ...settings, engine: "trial" } : settings;
}

/** HAProxy serves those of older links too. */
async function portsOf(exam: Examination, { port, routing }: Settings): Promise<number[]> {
  const { shards, retiredPorts } = (await exam.state()).book;
  const own = shards.length === 0 ? [port] : shards.map((shard) => shard.port);
  return routing === "edge" ? [...new Set([...own, ...retiredPorts])] : own;
}

/** While no agent answers, the proxies themselves lead strangers to the site of this server, which is a port of this machine. */
function siteFinding({ edgeSubnet, ...settings }: Settings, ufw: string): Finding | undefined {
  if (edgeSubnet === undefined || !hasOwnSite(settings)) return undefined;
  const to = siteAddress(edgeSubnet);
  if (ufwAnswer(ufw, SITE_PORT, { from: edgeSubnet, to }) !== "closed") return undefined;
  return warning(
    `UFW keeps the proxies from the cover site at ${to}:${SITE_PORT}: their starts take seconds longer, and strangers find nothing while no agent answers`,
    `ufw allow from ${edgeSubnet} to ${to} port ${SITE_PORT} proto tcp`,
  );
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

/** The rule that asks UFW first, and the bridge that it is for. */
const ASKS_UFW = new RegExp(`^-A DOCKER-USER ! -i (\\S+) -o \\1 .*-j ${DOCKER_FIREWALL_CHAIN}$`, "m");

/** What is in DOCKER-USER beside our own rule, whose answer is looked for where it leads. */
function withoutOurs(chain: string | undefined): string | undefined {
  return chain?.replace(ASKS_UFW, "");
}

/** What UFW says where it is asked first. Undefined where that was never wanted. */
async function routeFinding(
  ctx: HostContext,
  { engine, dockerFirewall }: Settings,
  ports: readonly number[],
  chain: string,
): Promise<Finding | undefined> {
  const asked = ASKS_UFW.exec(chain)?.[1];
  if (engine !== "docker" || (asked === undefined && !dockerFirewall)) return undefined;
  const bridge = await findBridge(ctx);
  if (asked === undefined || (bridge !== undefined && bridge !== asked))
    return warning(
      `docker_firewall is set, but UFW is not asked about ${bridge ?? "what Docker publishes"}: people get in whatever it says`,
      "sudo mtproxy setup",
    );
  const [rules, policy] = await Promise.all(
    ["ufw-user-forward", "ufw-skip-to-policy-forward"].map((name) => ctx.machine.run(["iptables", "-S", name])),
  );
  const list = ports.join(", ");
  if (routeAnswer(rules?.stdout ?? "", policy?.stdout ?? "", asked, INNER_PORT) === "open")
    return ok(`port ${list}: UFW is asked first (docker_firewall), and lets people in`);
  return failed(
    `UFW is asked first (docker_firewall), and lets nobody in on port ${list}`,
    `ufw route allow out on ${asked} proto tcp to any port ${INNER_PORT}`,
  );
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
