import type { CliCommand } from "./command.ts";

interface UseFlags {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function declareImageCommands(program: CliCommand): void {
  const image = program.command("image").description("the image that holds the C proxy");
  image
    .command("probe [image]")
    .description("find out what the binary in an image can do, by running it; the image in use when none is named")
    .examples(["mtproxy image probe", "mtproxy image probe ghcr.io/getpagespeed/mtproxy"])
    .runs(
      async (ctx, name: string | undefined) => (await import("../app/images/probe-image.ts")).probeImage(ctx, name),
      async (data, style) => (await import("../ui/image-views.ts")).imageView(data, style),
    );
  image
    .command("list")
    .description("list the image in use and those that are published")
    .examples(["mtproxy image list"])
    .runs(
      async (ctx) => (await import("../app/images/list-images.ts")).listImages(ctx),
      async (data, style) => (await import("../ui/image-views.ts")).imageListView(data, style),
    );
  image
    .command("use <image>")
    .description("pull and probe an image, serve with it, prove the links; the one before comes back when they fail")
    .option("--force", "also one with which the fake-TLS links that people have are dead")
    .writes()
    .examples(["mtproxy image use ghcr.io/getpagespeed/mtproxy", "mtproxy image use NAME@sha256:… --dry-run"])
    .runs(
      async (ctx, name: string, { force, dryRun }: UseFlags) =>
        (await import("../app/images/use-image.ts")).useImage(ctx, { image: name, force, dryRun }),
      async (data, style) => (await import("../ui/image-views.ts")).usedImageView(data, style),
    );
}
