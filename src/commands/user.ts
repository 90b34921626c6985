import type { Outcome } from "../app/outcome.ts";
import type { AddedUser, AddUserOptions } from "../app/people/add-user.ts";
import type { AddedUsers } from "../app/people/add-users.ts";
import type { RemovedUser } from "../app/people/remove-user.ts";
import { AppError } from "../domain/errors.ts";
import type { CliCommand, CommandContext } from "./command.ts";
import { collect } from "./options.ts";

interface AddFlags extends Omit<AddUserOptions, "name"> {
  readonly fromFile?: string;
}
interface SetFlags {
  readonly note?: string;
  readonly tag?: readonly string[];
  readonly tags?: boolean;
  /** False for `--no-group`. */
  readonly group?: string | false;
  readonly allowMove?: boolean;
  readonly expires?: string;
  readonly dryRun?: boolean;
}
interface LimitFlags {
  /** False for those that begin with `--no-`. */
  readonly connections?: string | false;
  readonly addresses?: string | false;
  readonly quota?: string | false;
  readonly period?: string;
  readonly rate?: string | false;
  readonly dryRun?: boolean;
}
interface DryRun {
  readonly dryRun?: boolean;
}

export function declareUserCommands(program: CliCommand): void {
  declareAdd(program);
  declareSet(program);
  declareLimit(program);
  declareRemove(program);
  declareLists(program);
  declareShow(program);
  declareSwitches(program);
  declareRegenerate(program);
}

const COLUMNS = "name,mode,domain,expires,note,tags,group";

function declareAdd(program: CliCommand): void {
  program
    .command("add-user [name]")
    .description("give a person a link and a QR code that work, or everybody of a list")
    .option("--fake-tls [domain]", "look like TLS to a cover domain; the default one when none is named")
    .option("--domain <domain>", "cover domain for --fake-tls")
    .option("--plain", "no padding, for very old apps")
    .option("--expires <when>", "30d, 12h, 2027-01-31 (until the end of that day, UTC): the link ends then")
    .option("--note <text>", "for your own memory; shown in lists")
    .option("--tag <tag>", "for your own lists; may be given several times", collect)
    .option("--group <group>", "a group of people, who may be promoted a channel of their own")
    .option("--from-file <file>", `add everybody of a list: a name a line, or CSV: ${COLUMNS}`)
    .option("--allow-restart", "restart a running shard to take a new cover domain instead of opening another shard")
    .option("--with-mtproxy", "accepted for the sake of vless-user; a user always gets a secret here")
    .writes()
    .reveals()
    .examples([
      "mtproxy add-user alice",
      "mtproxy add-user bob --fake-tls",
      "mtproxy add-user carol --fake-tls www.example.com",
      "mtproxy add-user dave --json",
      "mtproxy add-user erin --expires 30d --note 'cousin of bob' --tag school",
      "mtproxy add-user frank --group friends",
      "mtproxy add-user --from-file people.csv --dry-run",
    ])
    .runs(add, async (data, style, failure) => {
      if ("lines" in data) return (await import("../ui/bulk-views.ts")).addedUsersView(data, style);
      return (await import("../ui/user-views.ts")).addedUserView(data, style, failure);
    });
}

async function add(
  ctx: CommandContext,
  name: string | undefined,
  { fromFile, ...flags }: AddFlags,
): Promise<Outcome<AddedUser | AddedUsers>> {
  if (name !== undefined && fromFile === undefined)
    return (await import("../app/people/add-user.ts")).addUser(ctx, { ...flags, name });
  if (fromFile === undefined)
    throw new AppError("usage", "missing required argument 'name'", { hint: "mtproxy add-user NAME" });
  const { allowRestart, dryRun, ...others } = flags;
  if (name !== undefined || Object.keys(others).length > 0)
    throw new AppError("usage", "--from-file takes names and all that belongs to them from the file", {
      hint: `its columns are ${COLUMNS}`,
    });
  return (await import("../app/people/add-users.ts")).addUsers(ctx, { file: fromFile, allowRestart, dryRun });
}

function declareSet(program: CliCommand): void {
  program
    .command("set-user <name>")
    .description("change what is written down about a person: note, tags, group, when the link ends")
    .option("--note <text>", "another note; an empty one takes it away")
    .option("--tag <tag>", "these tags instead of those that are there; may be given several times", collect)
    .option("--no-tags", "take all tags away")
    .option("--group <group>", "another group; one with a promoted channel of its own has proxies of its own")
    .option("--no-group", "take the person out of the group")
    .option("--allow-move", "let the link change where another group means another port")
    .option("--expires <when>", "30d, 12h, 2027-01-31 (until the end of that day, UTC), or never")
    .writes()
    .examples([
      "mtproxy set-user alice --expires 2027-01-31",
      "mtproxy set-user alice --expires never",
      "mtproxy set-user bob --note 'old phone, needs a padded link' --tag family --tag berlin",
      "mtproxy set-user carol --group friends --allow-move",
    ])
    .runs(
      async (ctx, name: string, { tags, group, ...flags }: SetFlags) => {
        const given = { noTags: tags === false, noGroup: group === false, ...(group ? { group } : {}) };
        return (await import("../app/people/set-user.ts")).setUser(ctx, { ...flags, name, ...given });
      },
      async (data, style) => (await import("../ui/change-views.ts")).setUserView(data, style),
    );
}

function declareLimit(program: CliCommand): void {
  program
    .command("set-limit <name>")
    .description("what a person may use: connections, addresses, data; counts with HAProxy routing")
    .option("--connections <n>", "connections at a time; one app opens about 8")
    .option("--no-connections", "as many as they like")
    .option("--addresses <n>", "distinct addresses at a time, which is what limits devices")
    .option("--no-addresses", "as many as they like")
    .option("--quota <amount>", "data in both directions, for instance 50G (a G is 10^9 bytes)")
    .option("--no-quota", "as much as they like")
    .option("--period <period>", "of the quota: month (calendar month, UTC) or the last 1d to 60d; month unless said")
    .option("--rate <rate>", "bytes a second in each direction, for instance 2M; needs HAProxy 2.8; none for no limit")
    .option("--no-rate", "as fast as it goes")
    .writes()
    .examples([
      "mtproxy set-limit alice --addresses 3 --quota 50G",
      "mtproxy set-limit alice --quota 100G --period 30d",
      "mtproxy set-limit alice --no-quota --connections 24",
      "mtproxy set-limit alice --rate 2M",
    ])
    .runs(
      async (ctx, name: string, flags: LimitFlags) =>
        (await import("../app/people/set-limits.ts")).setLimits(ctx, { ...flags, name }),
      async (data, style) => (await import("../ui/limit-views.ts")).setLimitsView(data, style),
    );
}

function declareRemove(program: CliCommand): void {
  program
    .command("remove-user <name>")
    .description("take a person's secret away: the link is dead when this returns")
    .writes()
    .examples(["mtproxy remove-user alice", "mtproxy remove-user alice --yes"])
    .runs(
      async (ctx, name: string, flags: DryRun) => askAndRemove(ctx, name, flags),
      async (data, style) => (await import("../ui/change-views.ts")).removedUserView(data, style),
    );
}

/** Asks before a link dies, in the words of the requirements; `n` leaves everything as it is. */
export async function askAndRemove(
  ctx: CommandContext,
  name: string,
  options: DryRun & { readonly wholeRecord?: boolean },
): Promise<Outcome<RemovedUser>> {
  const { removeUser } = await import("../app/people/remove-user.ts");
  const preview = await removeUser(ctx, { ...options, name, dryRun: true });
  if (options.dryRun === true) return preview;
  const question = preview.data.hadSecret
    ? "User has MTProxy enabled. Remove secret?"
    : `Remove ${preview.data.username} from users.json?`;
  if (!(await ctx.ask.confirm(question, { default: true }))) return { data: { ...preview.data, removed: "nothing" } };
  return removeUser(ctx, { ...options, name });
}

function declareLists(program: CliCommand): void {
  program
    .command("list-users")
    .description("everybody in users.json")
    .examples(["mtproxy list-users", "mtproxy list-users --json"])
    .runs(
      async (ctx) => (await import("../app/people/list-users.ts")).listUsers(ctx),
      async (data, style) => (await import("../ui/user-views.ts")).userListView(data, style),
    );
  program
    .command("list-user-secrets")
    .description("who has a secret, masked")
    .examples(["mtproxy list-user-secrets"])
    .runs(
      async (ctx) => (await import("../app/people/list-users.ts")).listUsers(ctx),
      async (data) => (await import("../ui/user-views.ts")).secretListView(data),
    );
}

function declareShow(program: CliCommand): void {
  program
    .command("show-user-config <name>")
    .alias("show")
    .description("a person's link, QR code and files")
    .reveals()
    .examples(["mtproxy show-user-config alice", "mtproxy show alice --json"])
    .runs(
      async (ctx, name: string) => (await import("../app/people/show-user.ts")).showUser(ctx, name),
      async (data, style) => (await import("../ui/user-views.ts")).userCardView(data, style),
    );
}

function declareSwitches(program: CliCommand): void {
  program
    .command("disable-user <name>")
    .description("the link stops working; secret, slot and port are kept")
    .writes()
    .examples(["mtproxy disable-user alice"])
    .runs(
      async (ctx, name: string, flags: DryRun) =>
        (await import("../app/people/switch-user.ts")).switchUser(ctx, { ...flags, name, enabled: false }),
      async (data, style) => (await import("../ui/change-views.ts")).switchedUserView(data, style),
    );
  program
    .command("enable-user <name>")
    .description("the same link works again")
    .writes()
    .examples(["mtproxy enable-user alice"])
    .runs(
      async (ctx, name: string, flags: DryRun) =>
        (await import("../app/people/switch-user.ts")).switchUser(ctx, { ...flags, name, enabled: true }),
      async (data, style) => (await import("../ui/change-views.ts")).switchedUserView(data, style),
    );
}

function declareRegenerate(program: CliCommand): void {
  program
    .command("regenerate-user-secret <name>")
    .description("a new link; the old one is dead when this returns, or works on for a while")
    .option("--overlap <time>", "let the old link work for 7d, 12h, 2w; mtproxy tick ends it")
    .writes()
    .reveals()
    .examples(["mtproxy regenerate-user-secret alice", "mtproxy regenerate-user-secret alice --overlap 7d"])
    .runs(
      async (ctx, name: string, flags: DryRun & { readonly overlap?: string }) =>
        (await import("../app/people/regenerate-user-secret.ts")).regenerateUserSecret(ctx, { ...flags, name }),
      async (data, style, failure) => (await import("../ui/user-views.ts")).regeneratedUserView(data, style, failure),
    );
}
