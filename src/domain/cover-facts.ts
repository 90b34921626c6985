import type { CoverFault } from "../protocol/cover-answer.ts";

/** What name servers say of a name. */
export interface NameAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Why both are empty. */
  readonly fault?: "silent" | "unknown-name";
}

/** What the C proxy's probe finds at its start: it shakes hands twenty times at once. */
export type Imitation =
  | {
      readonly ok: true;
      /** Until the slowest of the handshakes had its answer. */
      readonly milliseconds: number;
      /** Sizes of the encrypted records that one answer has; the proxy imitates the first only. */
      readonly records: readonly number[];
      /** Sizes of the first record over all handshakes. */
      readonly least: number;
      readonly most: number;
    }
  | { readonly ok: false; readonly fault: CoverFault | ConnectionFault; readonly code?: number };

export type ConnectionFault = "refused-connection" | "no-route" | "silent" | "closed";

/** As a browser sees it. */
export interface Certificate {
  /** ISO 8601. */
  readonly validTo: string;
  /** Why a browser warns of it: OpenSSL's or Node's name of the fault. */
  readonly fault?: string;
}

export interface CoverProbe {
  readonly imitation: Imitation;
  /** Absent where no TLS connection could be made at all. */
  readonly certificate?: Certificate;
  /** Whether the site takes X25519MLKEM768, which current clients offer. */
  readonly postQuantum: "accepted" | "refused" | "unknown";
}

/** Everything that a verdict on a cover domain is made from. */
export interface CoverFacts {
  readonly domain: string;
  readonly port: number;
  readonly names: NameAddresses;
  /** The address was given, not found. */
  readonly isGiven: boolean;
  /** IPv4 addresses of this server. */
  readonly own: readonly string[];
  /** A proxy of this server holds the port. */
  readonly isProxyPort: boolean;
  /** Absent where there is no address to connect to. */
  readonly probe?: CoverProbe;
  readonly now: Date;
}
