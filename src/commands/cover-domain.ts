import type { AddCoverDomainOptions } from "../app/cover-domains/add-cover-domain.ts";
import type { CheckDomainOptions } from "../app/cover-domains/check-domain.ts";
import type { RemoveCoverDomainOptions } from "../app/cover-domains/remove-cover-domain.ts";
import { parsePort } from "../domain/port.ts";
import type { CliCommand } from "./command.ts";

export function declareCoverDomainCommands(program: CliCommand): void {
  declareList(program);
  declareAdd(program);
  declareRemove(program);
  declareCheck(program);
}

function declareList(program: CliCommand): void {
  program
    .command("list-fake-tls-domains")
    .description("the sites that fake-TLS links may imitate")
    .examples(["mtproxy list-fake-tls-domains", "mtproxy list-fake-tls-domains --json"])
    .runs(
      async (ctx) => (await import("../app/cover-domains/list-cover-domains.ts")).listCoverDomains(ctx),
      async (data) => (await import("../ui/cover-domain-views.ts")).coverDomainListView(data),
    );
}

function declareAdd(program: CliCommand): void {
  takesPlace(program.command("add-fake-tls-domain <domain>"))
    .description("look at a site and let fake-TLS links imitate it")
    .option("--no-check", "add it whatever it is")
    .writes()
    .examples(["mtproxy add-fake-tls-domain www.example.com", "mtproxy add-fake-tls-domain www.example.com --no-check"])
    .runs(
      async (ctx, domain: string, flags: Omit<AddCoverDomainOptions, "domain">) =>
        (await import("../app/cover-domains/add-cover-domain.ts")).addCoverDomain(ctx, { ...flags, domain }),
      async (data, style) => (await import("../ui/cover-domain-views.ts")).addedCoverDomainView(data, style),
    );
}

function declareRemove(program: CliCommand): void {
  program
    .command("remove-fake-tls-domain <domain>")
    .description("take a site off the list; refused while a link names it")
    .writes()
    .examples(["mtproxy remove-fake-tls-domain google.com"])
    .runs(
      async (ctx, domain: string, flags: Omit<RemoveCoverDomainOptions, "domain">) =>
        (await import("../app/cover-domains/remove-cover-domain.ts")).removeCoverDomain(ctx, { ...flags, domain }),
      async (data, style) => (await import("../ui/cover-domain-views.ts")).removedCoverDomainView(data, style),
    );
}

function declareCheck(program: CliCommand): void {
  takesPlace(program.command("check-domain <domain>"))
    .description("what speaks for and against a site as a cover: good, usable or bad, with the reasons")
    .examples([
      "mtproxy check-domain www.example.com",
      "mtproxy check-domain www.example.com --address 203.0.113.7",
      "mtproxy check-domain www.example.com --json",
    ])
    .runs(
      async (ctx, domain: string, flags: Omit<CheckDomainOptions, "domain">) =>
        (await import("../app/cover-domains/check-domain.ts")).checkDomain(ctx, { ...flags, domain }),
      async (data, style) => (await import("../ui/cover-domain-views.ts")).checkedDomainView(data, style),
    );
}

/** Where the site is tried. */
function takesPlace(command: CliCommand): CliCommand {
  return command
    .option("--port <port>", "port to try (443)", parsePort)
    .option("--address <ipv4>", "server to try instead of the one that name servers tell");
}
