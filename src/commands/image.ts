import type { CliCommand } from "./command.ts";

export function declareImageCommands(program: CliCommand): void {
  const image = program.command("image").description("the image that holds the C proxy");
  image
    .command("probe [image]")
    .description("find out what the binary in an image can do, by running it; the image in use when none is named")
    .examples(["mtproxy image probe", "mtproxy image probe ghcr.io/getpagespeed/mtproxy"])
    .runs(
      async (ctx, name: string | undefined) => (await import("../app/probe-image.ts")).probeImage(ctx, name),
      async (data, style) => (await import("../ui/image-views.ts")).imageView(data, style),
    );
}
