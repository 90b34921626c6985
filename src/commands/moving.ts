import { Option } from "commander";
import type { ImportOptions } from "../app/moving/import-users.ts";
import type { CliCommand } from "./command.ts";

interface ExportFlags {
  readonly format?: "json" | "csv";
  readonly withSecrets?: boolean;
  readonly output?: string;
}

export function declareMovingCommands(program: CliCommand): void {
  declareImport(program);
  declareExport(program);
}

function declareImport(program: CliCommand): void {
  program
    .command("import <file>")
    .description("take people over from another proxy, their keys kept so that their links go on working")
    .option(
      "--from <format>",
      "what the file is, where that cannot be seen: mtproxymax, mtprotoproxy, telemt, mtg, mtg1, official-secret, official-env, hirbod, v2ray, mtproto-proxy, familytraffic-secrets, familytraffic-env, familytraffic-config, users, export, export-csv, links",
    )
    .addOption(
      new Option("--mode <mode>", "mode of links where the file leaves several open").choices([
        "padded",
        "plain",
        "fake-tls",
      ]),
    )
    .writes()
    .examples([
      "mtproxy import /opt/mtproxymax/secrets.conf --dry-run",
      "mtproxy import config.py",
      "mtproxy import links.txt --from links",
    ])
    .runs(
      async (ctx, file: string, flags: Omit<ImportOptions, "file">) =>
        (await import("../app/moving/import-users.ts")).importUsers(ctx, { ...flags, file }),
      async (data, style) => (await import("../ui/import-views.ts")).importView(data, style),
    );
}

function declareExport(program: CliCommand): void {
  program
    .command("export")
    .description("everybody who has a link, for other programs or another server")
    .addOption(new Option("--format <format>", "json or csv").choices(["json", "csv"]).default("json"))
    .option("--with-secrets", "whole secrets and links; masked otherwise")
    .option("-o, --output <file>", "write it to a file (0600) instead of showing it")
    .reveals("withSecrets")
    .examples(["mtproxy export", "mtproxy export --format csv --with-secrets --output people.csv"])
    .runs(
      async (ctx, flags: ExportFlags) => {
        const { exportText } = await import("../ui/export-views.ts");
        return (await import("../app/moving/export-users.ts")).exportUsers(ctx, { ...flags, render: exportText });
      },
      async (data, style) => (await import("../ui/export-views.ts")).exportView(data, style),
    );
}
