import type { Sink, Terminal } from "../../src/ui/terminal.ts";

export interface RecordedTerminal extends Terminal {
  stdout(): string;
  stderr(): string;
}

/** A terminal that keeps what is written to it. */
export function recordTerminal({
  tty = false,
  env = {},
}: {
  tty?: boolean;
  env?: Terminal["env"];
} = {}): RecordedTerminal {
  const written = { out: "", err: "" };
  const sink = (name: "out" | "err"): Sink => ({
    isTTY: tty,
    write(text) {
      written[name] += text;
    },
  });
  return {
    out: sink("out"),
    err: sink("err"),
    in: { isTTY: tty },
    env,
    stdout: () => written.out,
    stderr: () => written.err,
  };
}
