import type { UninstallPlan } from "../app/setup/uninstall.ts";
import type { CliCommand, CommandContext } from "./command.ts";

interface UninstallFlags {
  readonly purge?: boolean;
  readonly dryRun?: boolean;
}

export function declareUninstallCommand(program: CliCommand): void {
  program
    .command("uninstall")
    .description("end the proxies and remove what setup put on this machine; people and settings stay")
    .option("--purge", "remove people, keys and settings too: no link works ever again")
    .writes()
    .examples(["mtproxy uninstall", "mtproxy uninstall --dry-run", "mtproxy uninstall --purge --yes"])
    .runs(
      async (ctx, { purge = false, dryRun = false }: UninstallFlags) => {
        const { planUninstall, uninstall } = await import("../app/setup/uninstall.ts");
        const plan = await planUninstall(ctx, purge);
        const nothing = { data: { ...plan, done: false, left: [], stays: [] } };
        if (dryRun) return nothing;
        if (!(await isWanted(ctx, plan))) return { ...nothing, warnings: ["nothing was removed"] };
        return uninstall(ctx, plan);
      },
      async (data, style) => (await import("../ui/uninstall-views.ts")).uninstalledView(data, style),
    );
}

async function isWanted(ctx: CommandContext, plan: UninstallPlan): Promise<boolean> {
  const { uninstallPlanText } = await import("../ui/uninstall-views.ts");
  return ctx.ask.confirm("Remove all of this?", { default: false, details: uninstallPlanText(plan) });
}
