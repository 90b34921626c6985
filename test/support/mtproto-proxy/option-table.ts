import type { Build } from "./builds.ts";

export type Argument = "none" | "required" | "optional";

export interface Option {
  readonly long: string;
  readonly argument: Argument;
  /** Short letter; absent for options that have only a long name. */
  readonly short?: string;
  readonly help: string;
}

const option = (argument: Argument, names: string, help: string): Option => {
  const [long = "", short] = names.split("/");
  return { long, argument, help, ...(short === undefined ? {} : { short }) };
};
const plain = (names: string, help: string): Option => option("none", names, help);
const taking = (names: string, help: string): Option => option("required", names, help);
const maybe = (names: string, help: string): Option => option("optional", names, help);

/** In the order of `--help`. */
const common: readonly Option[] = [
  plain("ipv6/6", "enables ipv6 TCP/UDP support"),
  taking("max-special-connections/C", "sets maximal number of accepted client connections per worker"),
  taking(
    "domain/D",
    "adds allowed domain for TLS-transport mode, disables other transports; can be specified more than once",
  ),
  taking("http-ports/H", "comma-separated list of client (HTTP) ports to listen"),
  taking(
    "slaves/M",
    "spawn several slave workers; not recommended for TLS-transport mode for better replay protection",
  ),
  taking("proxy-tag/P", "16-byte proxy tag in hex mode to be passed along with all forwarded queries"),
  taking("mtproto-secret/S", "16-byte secret in hex mode"),
  taking("ping-interval/T", "sets ping interval in second for local TCP connections (default 5.000)"),
  taking("window-clamp/W", "sets window clamp for client TCP connections"),
  taking("backlog/b", "sets backlog size"),
  taking("connections/c", "sets maximal connections number"),
  maybe("daemonize/d", "changes between daemonize/not daemonize mode"),
  plain("help/h", "prints help and exits"),
  taking("log/l", "sets log file name"),
  taking("port/p", "<port> or <sport>:<eport> sets listening port number or port range"),
  taking("user/u", "sets user name to make setuid"),
  maybe("verbosity/v", "sets or increases verbosity level"),
  taking("aes-pwd", "sets custom secret.conf file"),
  taking("nice", "sets niceness"),
  taking("msg-buffers-size", "sets maximal buffers size (default 268435456)"),
  plain("disable-tcp", "do not open listening tcp socket"),
  plain("crc32c", "Try to use crc32c instead of crc32 in tcp rpc"),
  taking("cpu-threads", "Number of CPU threads (1-64, default 8)"),
  taking("io-threads", "Number of I/O threads (1-64, default 16)"),
  plain("allow-skip-dh", "Allow skipping DH during RPC handshake"),
  plain("force-dh", "Force using DH for all outbound RPC connections"),
  taking("max-accept-rate", "max number of connections per second that is allowed to accept"),
  taking("max-dh-accept-rate", "max number of DH connections per second that is allowed to accept"),
  maybe("multithread", "run in multithread mode"),
  taking("tcp-cpu-threads", "number of tcp-cpu threads"),
  taking("tcp-iothreads", "number of tcp-io threads"),
  taking("nat-info", "<local-addr>:<global-addr>\tsets network address translation for RPC protocol handshake"),
  taking("address", "tries to bind socket only to specified address"),
  plain("http-stats", "allow http server to answer on stats queries"),
];

const paddedOnly = plain("random-padding-only/R", "allow only clients with random padding option enabled");

export function optionsOf(build: Build): readonly Option[] {
  if (!build.hasPaddedOnly) return common;
  const at = common.findIndex(({ short }) => short === "S");
  return common.toSpliced(at, 0, paddedOnly);
}

/** What `--help` and every mistake in the command line print to stdout (server-functions.c, parse_usage). */
export function usage(program: string, build: Build): string {
  const options = optionsOf(build);
  const width = Math.max(...options.map(columns));
  const lines = options.map((option) => `\t${names(option).padEnd(width)}\t${option.help}\n`);
  return `${usageLine(program)}${build.version}\n\tSimple MT-Proto proxy\n${lines.join("")}`;
}

function usageLine(program: string): string {
  const flags = "[-v] [-6] [-p<port>] [-H<http-port>{,<http-port>}] [-M<workers>] [-u<username>] [-b<backlog>]";
  return `usage: ${program} ${flags} [-c<max-conn>] [-l<log-name>] [-W<window-size>] <config-file>\n`;
}

function names({ long, short, argument }: Option): string {
  const shortName = short === undefined ? "" : `/-${short}`;
  return `--${long}${shortName}${{ none: "", required: " <arg>", optional: " {arg}" }[argument]}`;
}

function columns({ long, short, argument }: Option): number {
  return long.length + 3 + (short === undefined ? 0 : 3) + (argument === "none" ? 0 : 6);
}
