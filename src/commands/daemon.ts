import type { CliCommand } from "./command.ts";

/** What runs all the time while HAProxy routes, beside the agents, and while figures are served. */
export function declareDaemonCommand(program: CliCommand): void {
  program
    .command("daemon")
    .description("sum what everybody uses, end what is over and serve figures, as a service of the host; one at a time")
    .examples(["mtproxy daemon"])
    .runs(
      async (ctx) => {
        await (await import("./serve-daemon.ts")).serveDaemon(ctx, await ctx.screen());
        return { data: null };
      },
      () => "",
    );
}
