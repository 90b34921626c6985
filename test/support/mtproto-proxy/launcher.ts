import { BUILD_VARIABLE, type BuildName } from "./builds.ts";
import { SOFT_LIMIT_VARIABLE } from "./limits.ts";

/** Name that the stand-in was started under: node hides it. */
export const PROGRAM_VARIABLE = "STANDIN_PROGRAM";

export interface LauncherOptions {
  /** The command that starts node. */
  readonly node: readonly string[];
  /** Path of build/mtproto-proxy.cjs. */
  readonly script: string;
  readonly build: BuildName;
}

/**
 * A shell script that is started like the binary. It tells the stand-in what node would hide from it; whatever the environment
 * already says of the build wins.
 */
export function launcherScript({ node, script, build }: LauncherOptions): string {
  return [
    "#!/bin/sh",
    `${SOFT_LIMIT_VARIABLE}=$(ulimit -Sn)`,
    `${PROGRAM_VARIABLE}=$0`,
    `${BUILD_VARIABLE}=\${${BUILD_VARIABLE}:-${build}}`,
    `export ${SOFT_LIMIT_VARIABLE} ${PROGRAM_VARIABLE} ${BUILD_VARIABLE}`,
    `exec ${[...node, script].map(quoted).join(" ")} "$@"`,
    "",
  ].join("\n");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
