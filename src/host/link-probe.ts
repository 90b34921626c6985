import type { Link } from "../domain/link.ts";
import type { FakeTlsSecret } from "../domain/secret.ts";
import type { Host, LinkAttempt, LinkProbeResult, ProbeOptions } from "../ports.ts";
import type { HelloSize } from "../protocol/client-hello.ts";
import { shakeBare } from "./bare-probe.ts";
import { type End, explain, explainHello, type Finding, provesKey } from "./link-faults.ts";
import { NotConnected, type ProbeSocket, type ProbeTarget, withProbeSocket } from "./probe-socket.ts";
import { findClockFault } from "./server-clock.ts";
import { type HandshakeEnd, type HandshakeOptions, helloOf, shakeFakeTls } from "./telegram-client.ts";

const TIMEOUT_MS = 10_000;
const DATACENTER = 2;

/** One handshake that is over. */
interface Trial {
  readonly end: End;
  readonly milliseconds: number;
}

/**
 * A real handshake with the link, as a client makes it: up to `resPQ`; for fake-TLS one with each hello size, both at the same
 * time, and with the server's signature checked. Ends within `timeoutMs` (10 s); where no fake-TLS hello is taken other times are
 * tried too, which takes up to 3 s more. Leaves no socket open, and never throws for what a server does.
 */
export const probeLink: Host["probeLink"] = async (link, options = {}) => {
  const target = targetOf(link, options);
  return {
    attempts: await (link.secret.mode === "fake-tls" ? probeFakeTls(link.secret, target) : probeBare(link, target)),
  };
};

function targetOf(link: Link, options: ProbeOptions): ProbeTarget {
  return {
    address: options.via ?? { host: link.server, port: link.port },
    datacenter: options.datacenter ?? DATACENTER,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  };
}

async function probeBare({ secret }: Link, target: ProbeTarget): Promise<LinkProbeResult["attempts"]> {
  const trial = await attempt(target, (socket, { until }) => shakeBare(socket, secret, target, until));
  return [attemptOf(trial, explain(trial.end, target.address))];
}

async function probeFakeTls(secret: FakeTlsSecret, target: ProbeTarget): Promise<LinkProbeResult["attempts"]> {
  const [short, long] = await Promise.all([tryHello(secret, "short", target), tryHello(secret, "long", target)]);
  const clock = isKeyRefused(short) && isKeyRefused(long) ? await findClockFault(secret, target) : undefined;
  const finding = (trial: Trial, size: HelloSize, other: Trial): Finding | undefined =>
    clock ?? explainHello(trial.end, size, provesKey(other.end), target.address);
  return [
    attemptOf(short, finding(short, "short", long), "short"),
    attemptOf(long, finding(long, "long", short), "long"),
  ];
}

function tryHello(secret: FakeTlsSecret, size: HelloSize, target: ProbeTarget): Promise<Trial> {
  return attempt(target, (socket, handshake) => {
    const hello = helloOf(secret, size, Math.floor(Date.now() / 1000));
    return shakeFakeTls(socket, hello, secret.key, handshake);
  });
}

function isKeyRefused({ end }: Trial): boolean {
  return !(end instanceof NotConnected) && end.end === "key-refused";
}

async function attempt(
  { address, datacenter, timeoutMs }: ProbeTarget,
  handshake: (socket: ProbeSocket, options: HandshakeOptions) => Promise<HandshakeEnd>,
): Promise<Trial> {
  const started = performance.now();
  const until = started + timeoutMs;
  const end = await withProbeSocket(address, until, (socket) => handshake(socket, { datacenter, until }));
  return { end, milliseconds: Math.round(performance.now() - started) };
}

function attemptOf({ milliseconds }: Trial, finding: Finding | undefined, hello?: HelloSize): LinkAttempt {
  return { ...(hello === undefined ? {} : { hello }), ok: finding === undefined, milliseconds, ...finding };
}
