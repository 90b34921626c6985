import type { Style } from "../commands/command.ts";
import type { ImageVerdict } from "../domain/engine-facts.ts";

const VERDICTS: Readonly<Record<ImageVerdict["verdict"], string>> = {
  good: "good for every link",
  "padded-only": "good for padded and plain links only",
  unusable: "cannot be used",
};

export function imageView(image: ImageVerdict, style: Style): string {
  const color = image.verdict === "good" ? style.good : image.verdict === "unusable" ? style.bad : style.warning;
  const yes = (can: boolean) => (can ? "yes" : "no");
  return [
    `${image.image}: ${color(VERDICTS[image.verdict])}`,
    `  Binary: ${image.binary}`,
    `  Version: ${image.version}${image.compiledAt === undefined ? "" : `, compiled ${image.compiledAt.slice(0, 10)}`}`,
    `  Fake-TLS: ${yes(image.fakeTls)}, with the hello of current apps: ${yes(image.longHello)}`,
    `  Reads a new proxy-multi.conf without a restart: ${yes(image.reloads)}`,
    `  Open files in a container: ${image.openFilesLimit}`,
    ...image.reasons.map((reason) => `  • ${reason}`),
  ].join("\n");
}
