import type { SetCoverSiteOptions } from "../app/settings/set-cover-site.ts";
import { patienceBounds } from "../domain/setting-bounds.ts";
import type { CliCommand } from "./command.ts";
import { parseCount } from "./options.ts";

export function declareCoverSiteCommand(program: CliCommand): void {
  program
    .command("set-cover-site")
    .description(
      "what strangers see in edge routing: a page of this server's, another web server, or the cover domains",
    )
    .option(
      "--certificate <file>",
      "PEM: serve a page over TLS with this certificate and those between it and its authority",
    )
    .option("--key <file>", "PEM: private key of the certificate")
    .option("--page <file>", "HTML to show; a plain one otherwise")
    .option("--server <address:port>", "lead strangers to a web server of yours")
    .option("--domains", "lead strangers to the cover domains themselves")
    .option(
      "--patience <seconds>",
      "with --server or --domains: how long that site lets a connection wait that says nothing, measured otherwise",
      parseCount("--patience", patienceBounds),
    )
    .writes()
    .examples([
      "mtproxy set-cover-site --certificate /etc/letsencrypt/live/example.com/fullchain.pem --key /etc/letsencrypt/live/example.com/privkey.pem",
      "mtproxy set-cover-site --server 127.0.0.1:8080",
      "mtproxy set-cover-site --server 127.0.0.1:8080 --patience 60",
      "mtproxy set-cover-site --domains",
    ])
    .runs(
      async (ctx, options: SetCoverSiteOptions) =>
        (await import("../app/settings/set-cover-site.ts")).setCoverSite(ctx, options),
      async (data, style) => (await import("../ui/config-views.ts")).changedSettingsView(data, style),
    );
}
