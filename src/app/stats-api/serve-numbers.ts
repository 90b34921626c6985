import type { NumbersSource } from "../../domain/numbers/source.ts";

/** How figures shall be served. */
export interface ServeOptions {
  /** Of the loopback addresses; nobody else reaches it. */
  readonly port: number;
  /** Origin of another page that may ask (`https://panel.example.com`); none when undefined. */
  readonly origin: string | undefined;
  /** Whoever asks must have it. Undefined: nobody needs one, and no link is ever shown. */
  readonly token: string | undefined;
  /** People with series of their own in /metrics. */
  readonly metricsUsers: number;
}

/** What serves now. */
export interface Serving {
  /** `127.0.0.1:8889`, and `[::1]:8889` where there is IPv6. */
  readonly addresses: readonly string[];
  /** Ends what is open, and returns when the port is free. */
  close(): Promise<void>;
}

/**
 * Opens the stats API: what the daemon is handed, because it reaches no network by itself.
 * @param log one line of the daemon's log; without keys
 * @throws AppError environment when the port is taken
 */
export type ServeNumbers = (
  source: NumbersSource,
  options: ServeOptions,
  log: (line: string) => void,
) => Promise<Serving>;
