/** What a stream must offer to be written to: process.stdout, or a test's own. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a command is typed: its streams and environment. */
export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  readonly in: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function processTerminal(): Terminal {
  return { out: process.stdout, err: process.stderr, in: process.stdin, env: process.env };
}

/** Colour is for a terminal that understands it and a person who did not refuse it (https://no-color.org). */
export function wantsColor(sink: Sink, env: Terminal["env"]): boolean {
  return sink.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
