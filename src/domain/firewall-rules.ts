/** What becomes of somebody who connects to a port from anywhere: `limited` is UFW's own six connections in 30 seconds. */
export type FirewallAnswer = "open" | "closed" | "limited";

/** To, action, from; columns are two blanks or more apart. Rules for IPv6 follow those for IPv4. */
const UFW_RULE = /^(\S.*?) {2,}(ALLOW|DENY|REJECT|LIMIT)(?: (?:IN|FWD|OUT))? {2,}(.+)$/;

/** Whose connections to which address of this machine are meant. */
interface Way {
  /** A network, as rules name it. */
  readonly from: string;
  readonly to: string;
}

/**
 * What `ufw status verbose` says of TCP connections to a port, from anywhere unless one way is meant; the first rule that fits counts,
 * as in UFW.
 */
export function ufwAnswer(status: string, port: number, way?: Way): FirewallAnswer {
  if (!/^Status: active/m.test(status)) return "open";
  for (const line of status.split("\n")) {
    const [, to = "", action, from = ""] = UFW_RULE.exec(line.trimEnd()) ?? [];
    if (action === undefined || / OUT /.test(line) || !isFrom(from, way)) continue;
    if (!namesPort(isAt(to, way) ? to.slice(to.indexOf(" ") + 1) : to, port)) continue;
    return action === "ALLOW" ? "open" : action === "LIMIT" ? "limited" : "closed";
  }
  return /^Default: allow \(incoming\)/m.test(status) ? "open" : "closed";
}

function isFrom(from: string, way: Way | undefined): boolean {
  return isAnywhere(from) || (way !== undefined && from.split(/\s/)[0] === way.from);
}

/** `10.213.0.1 443/tcp` names an address before its port. */
function isAt(to: string, way: Way | undefined): boolean {
  return way !== undefined && to.startsWith(`${way.to} `);
}

function isAnywhere(from: string): boolean {
  return /^Anywhere(?:\s|$)/.test(from) && !from.startsWith("Anywhere (v6)");
}

/** `8443/tcp`, `8443`, `8000:9000/tcp`, `80,443/tcp`, `Anywhere`; with an address in front it is not for everybody. */
function namesPort(to: string, port: number): boolean {
  if (/^Anywhere(?: on \S+)?$/.test(to)) return !to.includes(" on ");
  const [, ports = "", protocol = "tcp"] = /^([\d:,]+)(?:\/(tcp|udp))?$/.exec(to) ?? [];
  return protocol === "tcp" && ports.split(",").some((range) => isWithin(range, port));
}

function isWithin(range: string, port: number): boolean {
  const [first = Number.NaN, last = first] = range.split(":").map(Number);
  return port >= first && port <= last;
}

/**
 * What `iptables -S CHAIN` says of new TCP connections from anywhere to a port. Only what the rules say plainly counts: where one
 * that might let them in is not understood, nobody is told of a wall.
 * @param innerPort what `--dport` sees: before a packet comes to DOCKER-USER its port is the container's
 */
export function userChainAnswer(rules: string, port: number, innerPort = port): FirewallAnswer {
  let isSure = true;
  for (const rule of rules.split("\n").flatMap(readRule)) {
    const fit = fits(rule.conditions, port, innerPort);
    if (fit === "unknown" && !BLOCKING.has(rule.target)) isSure = false;
    if (fit !== "yes" || rule.target === "LOG") continue;
    return BLOCKING.has(rule.target) && isSure ? "closed" : "open";
  }
  return isSure && /^-P \S+ DROP$/m.test(rules) ? "closed" : "open";
}

/**
 * What UFW's rules for forwarded connections say of new TCP connections from anywhere through a bridge.
 * @param rules `iptables -S ufw-user-forward`
 * @param policy `iptables -S ufw-skip-to-policy-forward`: what becomes of whom no rule names
 */
export function routeAnswer(rules: string, policy: string, bridge: string, innerPort: number): FirewallAnswer {
  for (const { conditions, target } of rules.split("\n").flatMap(readRule)) {
    const at = conditions.indexOf("-o");
    if (at >= 0 && conditions[at + 1] !== bridge) continue;
    const others = at < 0 ? conditions : conditions.toSpliced(at, 2);
    if (target !== "LOG" && fits(others, innerPort, innerPort) === "yes")
      return BLOCKING.has(target) ? "closed" : "open";
  }
  return policy
    .split("\n")
    .flatMap(readRule)
    .some(({ target }) => BLOCKING.has(target))
    ? "closed"
    : "open";
}

const BLOCKING = new Set(["DROP", "REJECT"]);

interface Rule {
  /** Options and their values in turn. */
  readonly conditions: readonly string[];
  /** What is done, or the chain that decides. */
  readonly target: string;
}

function readRule(line: string): Rule[] {
  const withoutComment = line.replace(/ -m comment --comment (?:"[^"]*"|\S+)/, "");
  const [, conditions = "", target] = /^-A \S+ (.*? ?)-j (\S+)/.exec(withoutComment) ?? [];
  return target === undefined ? [] : [{ conditions: conditions.split(" ").filter(Boolean), target }];
}

type Fit = "yes" | "no" | "unknown";

function fits(conditions: readonly string[], port: number, innerPort: number): Fit {
  const pairs = conditions.flatMap((option, at) =>
    at % 2 === 0 ? [fitOf(option, conditions[at + 1] ?? "", port, innerPort)] : [],
  );
  if (pairs.includes("no")) return "no";
  return pairs.includes("unknown") ? "unknown" : "yes";
}

function fitOf(option: string, value: string, port: number, innerPort: number): Fit {
  const only = (isFitting: boolean): Fit => (isFitting ? "yes" : "no");
  switch (option) {
    case "-p":
      return only(value === "tcp");
    case "-m":
      return "yes";
    case "--ctstate":
    case "--state":
      return only(value.split(",").includes("NEW"));
    case "--dport":
    case "--dports":
      return only(value.split(",").some((range) => isWithin(range, innerPort)));
    case "--ctorigdstport":
      return only(isWithin(value, port));
    // A rule for some sources is none for everybody.
    case "-s":
      return "no";
    case "-i":
      return value === "lo" ? "no" : "unknown";
    default:
      return "unknown";
  }
}
