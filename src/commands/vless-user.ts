import type { CliCommand } from "./command.ts";
import { askAndRemove } from "./user.ts";

interface AddFlags {
  readonly withMtproxy?: boolean;
  readonly fakeTls?: boolean;
  readonly domain?: string;
  readonly dryRun?: boolean;
}

/** The VLESS stack's user commands: the same people, in the words and tables of the original requirements (FR-103). */
export function declareVlessUserCommands(program: CliCommand): void {
  program
    .command("add <name>")
    .description("add a person to users.json, with an MTProxy secret on demand")
    .option("--with-mtproxy", "give an MTProxy secret too")
    .option("--fake-tls", "the secret looks like TLS to a cover domain")
    .option("--domain <domain>", "cover domain for --fake-tls")
    .writes()
    .reveals()
    .examples([
      "vless-user add alice --with-mtproxy",
      "vless-user add bob --with-mtproxy --fake-tls --domain google.com",
    ])
    .runs(
      async (ctx, name: string, flags: AddFlags) =>
        (await import("../app/people/add-vless-user.ts")).addVlessUser(ctx, { ...flags, name }),
      async (data, style, failure) => (await import("../ui/user-views.ts")).addedVlessUserView(data, style, failure),
    );
  program
    .command("remove <name>")
    .description("remove a person from users.json; asks about the MTProxy secret")
    .writes()
    .examples(["vless-user remove alice", "vless-user remove alice --yes"])
    .runs(
      (ctx, name: string, flags: { dryRun?: boolean }) => askAndRemove(ctx, name, { ...flags, wholeRecord: true }),
      async (data, style) => (await import("../ui/change-views.ts")).removedUserView(data, style),
    );
  program
    .command("show <name>")
    .description("a person's MTProxy configuration")
    .reveals()
    .examples(["vless-user show alice"])
    .runs(
      async (ctx, name: string) => (await import("../app/people/show-user.ts")).showUser(ctx, name),
      async (data) => (await import("../ui/user-views.ts")).vlessUserView(data),
    );
  program
    .command("list")
    .description("everybody, and what they can use")
    .examples(["vless-user list"])
    .runs(
      async (ctx) => (await import("../app/people/list-users.ts")).listUsers(ctx),
      async (data) => (await import("../ui/user-views.ts")).vlessListView(data),
    );
}
