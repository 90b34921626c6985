import { NotConnected, withProbeSocket } from "./probe-socket.ts";

/** Where a connection shall lead. */
interface Endpoint {
  readonly host: string;
  readonly port: number;
}

interface ConnectOptions {
  /** For each; all are tried at once. */
  readonly timeoutMs: number;
  /** Process on this host in whose network namespace they are tried, which takes root. */
  readonly inNetworkOf?: number | undefined;
}

/** What is wrong with each connection, by its place in the list; undefined where it was made. */
type ConnectErrors = (string | undefined)[];

/**
 * Tries TCP connections and closes them at once.
 * @returns for each Node's error code (ETIMEDOUT when time ran out), undefined where it was made
 * @throws Error when the network namespace cannot be entered
 */
export async function connectErrors(
  endpoints: readonly Endpoint[],
  { timeoutMs, inNetworkOf }: ConnectOptions,
): Promise<ConnectErrors> {
  if (inNetworkOf !== undefined) return fromInside(endpoints, timeoutMs, inNetworkOf);
  return Promise.all(endpoints.map((endpoint) => connectError(endpoint, timeoutMs)));
}

async function connectError(endpoint: Endpoint, timeoutMs: number): Promise<string | undefined> {
  const ended = await withProbeSocket(endpoint, performance.now() + timeoutMs, async () => undefined);
  return ended instanceof NotConnected ? ended.code : undefined;
}

/** A thread cannot change its namespace where others run, so a second node does it. */
async function fromInside(endpoints: readonly Endpoint[], timeoutMs: number, pid: number): Promise<ConnectErrors> {
  const { runProgram } = await import("./run-program.ts");
  const what = JSON.stringify({ endpoints, timeoutMs });
  const command = ["nsenter", "--target", String(pid), "--net", process.execPath, "-e", TRY, what];
  const { failed, stdout, all } = await runProgram(command, { timeout: timeoutMs + 5000 });
  if (failed) throw new Error(`the network of process ${pid} cannot be entered: ${all.trim().split("\n").at(-1)}`);
  return (JSON.parse(stdout) as (string | null)[]).map((code) => code ?? undefined);
}

const TRY = `
const { endpoints, timeoutMs } = JSON.parse(process.argv[1]);
const attempt = ({ host, port }) => new Promise((resolve) => {
  const socket = require("node:net").connect({ host, port });
  const end = (code) => { socket.destroy(); clearTimeout(late); resolve(code); };
  const late = setTimeout(() => end("ETIMEDOUT"), timeoutMs);
  socket.once("connect", () => end(null)).once("error", ({ code }) => end(code ?? "EIO"));
});
Promise.all(endpoints.map(attempt)).then((codes) => console.log(JSON.stringify(codes)));`;
