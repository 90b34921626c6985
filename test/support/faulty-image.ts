import { execa } from "execa";
import { binaryPaths, proxyImage, testLabel } from "./docker-image.ts";

/** Runs in the binary's place: what lies beside proxy-multi.conf under this name has the first word, with the binary's arguments. */
const FAULT = "fault";
const WRAPPER = `#!/bin/sh
for last; do :; done
[ ! -f "\${last%/*}/${FAULT}" ] || . "\${last%/*}/${FAULT}"
exec "$0.real" "$@"
`;

/** The image to test with, whose proxy fails where a test says so. */
export async function faultyImage(): Promise<string> {
  const image = await proxyImage();
  const tag = image.replace(":", ":faulty-");
  if ((await execa("docker", ["image", "inspect", tag], { reject: false })).exitCode === 0) return tag;
  const wrap = `for it in ${Object.values(binaryPaths).join(" ")}; do
    [ ! -x $it ] || { mv $it $it.real && printf %s "$1" >$it && chmod 755 $it; } || exit 1
  done`;
  const given = ["create", "--label", testLabel, "--network", "none", "--entrypoint", "/bin/sh", image];
  const { stdout: container } = await execa("docker", [...given, "-c", wrap, "sh", WRAPPER]);
  try {
    await execa("docker", ["start", "--attach", container]);
    await execa("docker", ["commit", "--change", 'ENTRYPOINT ["/bin/false"]', "--change", "CMD []", container, tag]);
    return tag;
  } finally {
    await execa("docker", ["rm", "-fv", container]);
  }
}

/** Path of a shard's fault in its folder. */
export const faultFile = FAULT;

/** A fault: the proxy ends with these words unless its arguments hold the text. */
export function endsWithout(text: string, words: string): string {
  return `case " $* " in *${quoted(text)}*) ;; *) ${ending(words)} ;; esac\n`;
}

/** A fault: the proxy ends with these words when its arguments hold the text. */
export function endsWith(text: string, words: string): string {
  return `case " $* " in *${quoted(text)}*) ${ending(words)} ;; esac\n`;
}

function ending(words: string): string {
  return `echo ${quoted(words)} >&2; exit 1`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
