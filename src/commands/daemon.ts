import type { CliCommand } from "./command.ts";

/** What runs all the time while HAProxy routes, beside the agents. */
export function declareDaemonCommand(program: CliCommand): void {
  program
    .command("daemon")
    .description("sum what everybody uses and end what is over, as a service of the host; one at a time")
    .examples(["mtproxy daemon"])
    .runs(
      async (ctx) => {
        const [screen, signal] = [await ctx.screen(), ctx.signal];
        const { runDaemon } = await import("../app/daemon/run-daemon.ts");
        await runDaemon(ctx, { signal, log: (line) => screen.line(line) });
        return { data: null };
      },
      () => "",
    );
}
