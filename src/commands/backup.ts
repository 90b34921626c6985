import type { CliCommand, CommandContext } from "./command.ts";
import { parseCount } from "./options.ts";

interface CreateFlags {
  readonly output?: string;
  readonly encrypt?: boolean;
  readonly passphraseFile?: string;
  readonly automatic?: boolean;
  readonly reason?: string;
  readonly keep?: number;
  readonly dryRun?: boolean;
}

interface RestoreFlags {
  readonly passphraseFile?: string;
  readonly wholeUsersFile?: boolean;
  readonly newSpares?: boolean;
  readonly dryRun?: boolean;
}

const PASSPHRASE_FLAG = "--passphrase-file FILE";

export function declareBackupCommands(program: CliCommand): void {
  const backup = program.command("backup").description("save everything that this home remembers, and bring it back");
  declareCreate(backup);
  declareList(backup);
  declareRestore(backup);
}

function declareCreate(backup: CliCommand): void {
  backup
    .command("create")
    .description("save settings, people, keys, shards and Telegram's files in one file (0600)")
    .option("-o, --output <file>", "another place than the home's backups/")
    .option("--encrypt", "encrypt it with a passphrase that is asked for")
    .option("--passphrase-file <file>", "encrypt it with the passphrase in the first line of a file")
    .option("--reason <text>", "why, for the list")
    .option("--automatic", "made by cron: --keep may remove it later")
    .option(
      "--keep <n>",
      "remove all but the newest N automatic backups; those that were asked for stay",
      parseCount("--keep", { least: 1, most: 10_000 }),
    )
    .writes()
    .scheduled()
    .examples([
      "mtproxy backup create",
      "mtproxy backup create --encrypt --output /root/mtproxy.backup",
      "mtproxy backup create --automatic --keep 14 --quiet",
    ])
    .runs(
      async (ctx, flags: CreateFlags) => {
        const { createBackup } = await import("../app/moving/back-up.ts");
        const wanted = flags.encrypt === true || flags.passphraseFile !== undefined;
        return createBackup(ctx, { ...flags, passphrase: wanted ? () => newPassphrase(ctx, flags) : undefined });
      },
      async (data, style) => (await import("../ui/backup-views.ts")).createdBackupView(data, style),
    );
}

function declareList(backup: CliCommand): void {
  backup
    .command("list")
    .description("the backups of this home: when, why, how big, encrypted or not")
    .examples(["mtproxy backup list", "mtproxy backup list --json"])
    .runs(
      async (ctx) => (await import("../app/moving/list-backups.ts")).listBackups(ctx),
      async (data, style) => (await import("../ui/backup-views.ts")).backupListView(data, style),
    );
}

function declareRestore(backup: CliCommand): void {
  backup
    .command("restore <file>")
    .description("take this home back to a backup; shows what changes and asks first")
    .option("--passphrase-file <file>", "file whose first line is the passphrase, instead of being asked")
    .option("--new-spares", "make new spare keys: shuts out who got a link after the backup was made")
    .option("--whole-users-file", "replace users.json as a whole, the VLESS stack's people and fields included")
    .writes()
    .examples([
      "mtproxy backup restore mtproxy-20261121T120000Z.backup",
      "mtproxy backup restore /root/mtproxy.backup --dry-run",
      "mtproxy backup restore /root/mtproxy.backup --passphrase-file /root/passphrase --yes",
    ])
    .runs(
      async (ctx, file: string, flags: RestoreFlags) => {
        const { restoreBackup } = await import("../app/moving/restore-backup.ts");
        const { differenceView } = await import("../ui/backup-views.ts");
        return restoreBackup(ctx, {
          ...flags,
          file,
          passphrase: () => knownPassphrase(ctx, flags),
          confirm: (told) => ctx.ask.confirm("Restore this backup?", { details: differenceView(told) }),
        });
      },
      async (data, style) => (await import("../ui/backup-views.ts")).restoredBackupView(data, style),
    );
}

async function newPassphrase(ctx: CommandContext, { passphraseFile }: CreateFlags): Promise<string> {
  const { readPassphrase } = await import("../app/moving/passphrase.ts");
  const ask = () => ctx.ask.password("Passphrase for the backup:", { flag: PASSPHRASE_FLAG, twice: true });
  return readPassphrase(ctx, passphraseFile, ask);
}

async function knownPassphrase(ctx: CommandContext, { passphraseFile }: RestoreFlags): Promise<string> {
  const { readPassphrase } = await import("../app/moving/passphrase.ts");
  const ask = () => ctx.ask.password("Passphrase of the backup:", { flag: PASSPHRASE_FLAG });
  return readPassphrase(ctx, passphraseFile, ask);
}
