import { isIpv4, parsePublicHost } from "./address.ts";
import { AppError } from "./errors.ts";
import { parsePort } from "./port.ts";
import { shown } from "./printable.ts";

/** A proxy server that a relay passes clients on to. */
export interface RelayTarget {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** How many clients it gets, next to the others. */
  readonly weight: number;
}

/** The container's name, and its compose project's: it is no part of a home's. */
export const RELAY_NAME = "familytraffic-mtproxy-relay";

/** HAProxy's sockets within a relay's folder. */
export const RELAY_RUN = "run";

/** HAProxy alone on a server that passes clients on. */
export interface Relay {
  /** Each one leads to every target, at the target's own port. */
  readonly ports: readonly number[];
  readonly targets: readonly RelayTarget[];
  readonly image: string;
  readonly maxConnections: number;
}

const MOST_WEIGHT = 256;

/**
 * @param text `HOST:PORT` or `HOST:PORT,WEIGHT`, an IPv6 address in brackets
 * @throws AppError invalid
 */
export function parseRelayTarget(text: string): RelayTarget {
  const [, bracketed, plain, port, weight = "1"] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:,[\]]+)):(\d+)(?:,(\d{1,3}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const share = Number(weight);
  if (host === undefined || port === undefined || share < 1 || share > MOST_WEIGHT) throw noTarget(text);
  return { host: parsePublicHost(host), port: parsePort(port), weight: share };
}

function noTarget(text: string): AppError {
  return new AppError("invalid", `"${shown(text, 80)}" is not HOST:PORT or HOST:PORT,WEIGHT`, {
    hint: `for instance --to proxy.example.com:8443,2; weights go from 1 to ${MOST_WEIGHT}`,
  });
}

/**
 * Address of a relay from which PROXY headers are believed.
 * @throws AppError invalid
 */
export function parseRelayAddress(text: string): string {
  const host = parsePublicHost(text);
  if (isIpv4(host) || host.includes(":")) return host;
  throw new AppError("invalid", `"${shown(text, 60)}" is not an address, by which relays are known`);
}
