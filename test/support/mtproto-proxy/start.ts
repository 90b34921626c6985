import type { Build } from "./builds.ts";
import { type CommandLine, CommandLineReader } from "./command-line.ts";
import { probeCoverSites } from "./cover-sites.ts";
import { failAssertion, ProcessEnd } from "./fatal.ts";
import { Gate } from "./gate.ts";
import { changeUser, fitConnections, loadSecret } from "./limits.ts";
import type { Log } from "./log.ts";
import { Names } from "./names.ts";
import { checkPortCount, chooseStatsPort, listenForClients, listenForStats } from "./ports.ts";
import { BadConfig, type ProxyConfig, readProxyConfig } from "./proxy-config.ts";
import { handleSignals, stopAtOnce } from "./signals.ts";
import { type Engine, ownAddress } from "./stats-page.ts";
import { statsServer } from "./stats-server.ts";
import { type Setup, Worker } from "./worker.ts";

export interface Invocation {
  readonly argv: readonly string[];
  readonly program: string;
  readonly build: Build;
  readonly log: Log;
}

/**
 * The start in the order of the original (engine.c, default_main; mtproto-proxy.c, mtfront_pre_init): a mistake is only found when
 * its turn comes.
 * @throws ProcessEnd
 */
export async function start({ argv, program, build, log }: Invocation): Promise<void> {
  stopAtOnce(log);
  log.say(`Invoking engine ${build.version}`);
  const line = new CommandLineReader(program, build, log).read(argv);
  const names = new Names();
  const config = await checkedConfig(line, names, log);
  const covers = await probeCoverSites(line.domains, names, log, program);
  warnOfFakeTls(line, log);
  const gate = await openClientPorts(line, log);
  if (line.workers > 0) log.say(`creating ${line.workers} workers`);
  const maxConnections = fitConnections(line.maxConnections, log);
  const secret = loadSecret(line.secretFile, log);
  changeUser(line.user, log);
  const statsPort = await chooseStatsPort(line, log);
  const engine = makeEngine({ line, build, log, covers, secret, maxConnections }, statsPort);
  connectUpstream(engine, config);
  await openStats(engine, program);
  if (line.daemonize) log.redirect(line.logFile);
  checkPortCount(line.clientPorts.length, program, log);
  gate.open(engine.workers);
  handleSignals({ log, line, reload: () => void reload(engine, names) });
  log.say("main loop");
  stayAlive();
}

/** Who connects before the gate opens waits there, as in a backlog. */
async function openClientPorts(line: CommandLine, log: Log): Promise<Gate> {
  const gate = new Gate(line.acceptRate);
  for (const port of line.clientPorts) {
    await listenForClients({ port, ...listeningAddress(line) }, (socket) => gate.admit(socket), log);
  }
  return gate;
}

function connectUpstream(engine: Engine, config: ProxyConfig): void {
  sayStarted(engine, config);
  for (const worker of new Set([engine.master, ...engine.workers])) worker.upstream.use(config);
}

/** A proxy that listens on nothing and reaches nobody runs all the same. */
function stayAlive(): void {
  setInterval(() => {}, 2 ** 30);
}

async function checkedConfig(line: CommandLine, names: Names, log: Log): Promise<ProxyConfig> {
  try {
    return await readProxyConfig(line.configFile, names, log);
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    log.raw(`config check failed! (code ${error.code})\n`);
    throw new ProcessEnd(-error.code);
  }
}

/** Neither message has an end of line in the original. */
function warnOfFakeTls({ domains, workers, keys }: CommandLine, log: Log): void {
  if (domains.length === 0) return;
  if (workers > 0) log.say("It is recommended to not use workers with TLS-transport", "");
  if (keys.length > 0) return;
  log.say("You must specify at least one mtproto-secret to use when using TLS-transport", "");
  throw new ProcessEnd(2);
}

function listeningAddress({ ipv6, address }: CommandLine): { ipv6: boolean; address?: string } {
  return { ipv6, ...(address === undefined ? {} : { address }) };
}

function makeEngine(setup: Setup, statsPort: number): Engine {
  const master = new Worker(setup);
  const workers = Array.from({ length: setup.line.workers }, () => new Worker(setup));
  const startTime = Math.floor(Date.now() / 1000);
  return { master, workers: workers.length === 0 ? [master] : workers, startTime, statsPort, statsQueries: 0 };
}

function sayStarted({ master, statsPort, startTime }: Engine, config: ProxyConfig): void {
  const { log, line } = master.setup;
  if (line.address !== undefined && !line.address.startsWith("10."))
    log.say(`Bad binded IP address ${line.address}, search in ifconfig`);
  log.say(`Started as [${ownAddress(master)}:${statsPort}:${process.pid}:${startTime}]`);
  sayLoaded(line, config, log);
}

function sayLoaded(line: CommandLine, config: ProxyConfig, log: Log): void {
  log.say(
    `configuration file ${line.configFile} re-read successfully (${config.bytes} bytes parsed), new configuration active`,
  );
}

/** With `-6` the first connection to the statistics kills the original: it takes an IPv4 socket for an IPv6 one. */
async function openStats(engine: Engine, program: string): Promise<void> {
  const { line, log } = engine.master.setup;
  if (!line.httpStats) return;
  if (line.statsPorts.length === 0) {
    log.say("fatal: port isn't defined");
    throw new ProcessEnd(1);
  }
  const server = statsServer(engine);
  if (line.ipv6) server.prependListener("connection", () => dieOfIpv6(program, log));
  await listenForStats(server, engine.statsPort, log);
}

function dieOfIpv6(program: string, log: Log): never {
  const place = "net/net-connections.c:1270: net_accept_new_connections";
  process.exit(failAssertion(log, program, place, "peer_addrlen == sizeof (struct sockaddr_in6)").code);
}

/** Only where the build does it, and only for the process that got the signal: workers keep what they have. */
async function reload({ master }: Engine, names: Names): Promise<void> {
  const { build, line, log } = master.setup;
  if (!build.reloads) return;
  try {
    const config = await readProxyConfig(line.configFile, names, log);
    master.upstream.use(config);
    sayLoaded(line, config, log);
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    log.raw(`config check failed! (code ${error.code})\n`);
  }
}
