import { endWithUs, ownGroup } from "./own-group.ts";

interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment; ours without it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

interface Ran {
  /** It could not be started, took too long, or did not end with 0. */
  readonly failed: boolean;
  readonly stdout: string;
  /** stdout and stderr as they came. */
  readonly all: string;
}

/** Runs a program that Ctrl-C at the terminal does not reach, without input; never throws for what it does. */
export async function runProgram(command: readonly string[], { env, ...options }: ProgramOptions): Promise<Ran> {
  const { execa } = await import("execa");
  const [program = "", ...args] = command;
  const child = execa(program, args, {
    ...options,
    ...ownGroup,
    ...(env === undefined ? {} : { env, extendEnv: false }),
    all: true,
    reject: false,
    stdin: "ignore",
    stripFinalNewline: false,
  });
  endWithUs(child);
  const { failed, stdout, all } = await child;
  return { failed, stdout: stdout ?? "", all: all ?? "" };
}
