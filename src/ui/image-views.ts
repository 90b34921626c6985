import type { ImageList, ListedImage } from "../app/images/list-images.ts";
import type { UsedImage } from "../app/images/use-image.ts";
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

export function imageListView({ images }: ImageList, style: Style): string {
  return images.map((image) => listedImage(image, style)).join("\n");
}

function listedImage({ image, inUse, here, verdict, digest, note }: ListedImage, style: Style): string {
  const facts = [
    ...(inUse ? [style.good("in use")] : []),
    ...(here === null ? [] : [here ? "on this host" : "not on this host"]),
    ...(verdict === null ? [] : [VERDICTS[verdict]]),
  ];
  const lines = [digest, note].filter((line) => line !== null && line !== "").map((line) => `  ${line}`);
  return [`${image}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`, ...lines].join("\n");
}

export function usedImageView(used: UsedImage, style: Style): string {
  const { image, digest, previous, changed, live, proved } = used;
  if (!live) return `${image} is ${VERDICTS[used.verdict]}; ${previous} is in use`;
  if (!changed) return `${style.good("✓")} ${image} is in use already`;
  const pinned = digest === null ? [] : [`  pinned as ${digest}`];
  return [`${style.good("✓")} ${image} is in use, ${proved} links proved with it`, ...pinned].join("\n");
}
