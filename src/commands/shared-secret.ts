import type { Outcome } from "../app/outcome.ts";
import type { AddSecretOptions } from "../app/shared-secrets/add-secret.ts";
import type { RemovedSecret } from "../app/shared-secrets/remove-secret.ts";
import type { CliCommand, CommandContext } from "./command.ts";

interface DryRun {
  readonly dryRun?: boolean;
}

export function declareSharedSecretCommands(program: CliCommand): void {
  declareAdd(program);
  declareList(program);
  declareRemove(program);
  declareRegenerate(program);
  declareShow(program);
}

function declareAdd(program: CliCommand): void {
  program
    .command("add-secret")
    .description("make a link that belongs to no user: everybody who is given it shares it")
    .option("--with-padding", "padded (dd); this is the default")
    .option("--plain", "no padding, for very old apps")
    .option("--fake-tls [domain]", "look like TLS to a cover domain; the default one when none is named")
    .option("--domain <domain>", "cover domain for --fake-tls")
    .option("--description <text>", "for whom it is, shown in lists")
    .option("--allow-restart", "restart a running shard to take a new cover domain instead of opening another shard")
    .writes()
    .reveals()
    .examples([
      "mtproxy add-secret",
      "mtproxy add-secret --description 'reading circle'",
      "mtproxy add-secret --fake-tls --domain www.example.com",
    ])
    .runs(
      async (ctx, flags: AddSecretOptions) =>
        (await import("../app/shared-secrets/add-secret.ts")).addSecret(ctx, flags),
      async (data, style, failure) =>
        (await import("../ui/shared-secret-views.ts")).addedSecretView(data, style, failure),
    );
}

function declareList(program: CliCommand): void {
  program
    .command("list-secrets")
    .description("the shared secrets, masked")
    .examples(["mtproxy list-secrets", "mtproxy list-secrets --json"])
    .runs(
      async (ctx) => (await import("../app/shared-secrets/list-secrets.ts")).listSecrets(ctx),
      async (data, style) => (await import("../ui/shared-secret-views.ts")).secretListView(data, style),
    );
}

function declareRemove(program: CliCommand): void {
  program
    .command("remove-secret <secret>")
    .description("take a shared secret away, by its number or id: its link is dead when this returns")
    .writes()
    .examples(["mtproxy remove-secret 1", "mtproxy remove-secret s3f9a1c --yes"])
    .runs(
      async (ctx, wanted: string, flags: DryRun) => askAndRemove(ctx, wanted, flags),
      async (data, style) => (await import("../ui/shared-secret-views.ts")).removedSecretView(data, style),
    );
}

/** What was found is removed by its id: the numbers of others change with every removal. */
async function askAndRemove(ctx: CommandContext, wanted: string, { dryRun }: DryRun): Promise<Outcome<RemovedSecret>> {
  const { removeSecret } = await import("../app/shared-secrets/remove-secret.ts");
  const preview = await removeSecret(ctx, { wanted, dryRun: true });
  const { number, id, secret, last } = preview.data;
  if (last) ctx.progress.warn("nobody has a link that works without this secret: the proxy would run for no one");
  if (dryRun === true) return preview;
  const question = `Remove shared secret ${number} (${secret})? Everybody who was given it loses access.`;
  if (!(await ctx.ask.confirm(question, { default: !last }))) return preview;
  return removeSecret(ctx, { wanted: id });
}

function declareRegenerate(program: CliCommand): void {
  program
    .command("regenerate-secret <secret>")
    .description("a new link for a shared secret, by its number or id; the old one is dead when this returns")
    .writes()
    .reveals()
    .examples(["mtproxy regenerate-secret 1", "mtproxy regenerate-secret s3f9a1c"])
    .runs(
      async (ctx, wanted: string, flags: DryRun) =>
        (await import("../app/shared-secrets/regenerate-secret.ts")).regenerateSecret(ctx, { ...flags, wanted }),
      async (data, style, failure) =>
        (await import("../ui/shared-secret-views.ts")).regeneratedSecretView(data, style, failure),
    );
}

function declareShow(program: CliCommand): void {
  program
    .command("show-config [secret]")
    .description("link, QR code and files of a shared secret, by its number or id; of all when none is named")
    .reveals()
    .examples(["mtproxy show-config", "mtproxy show-config 1", "mtproxy show-config s3f9a1c --json"])
    .runs(
      async (ctx, wanted: string | undefined) =>
        (await import("../app/shared-secrets/show-config.ts")).showConfig(ctx, wanted),
      async (data, style) => (await import("../ui/shared-secret-views.ts")).sharedConfigView(data, style),
    );
}
