import type { CreatedBackup } from "../app/moving/back-up.ts";
import type { Exported, ExportedUser } from "../app/moving/export-users.ts";
import type { Imported, ImportedUser, ToldSetting } from "../app/moving/import-users.ts";
import type { BackupList, ListedBackup } from "../app/moving/list-backups.ts";
import type { RestoredBackup } from "../app/moving/restore-backup.ts";
import type { ChangedLink, ChangedSetting, HomeDifference } from "../domain/home-difference.ts";
import type { TurnedAway } from "../domain/imported-users.ts";
import { choice, count, either, type Fields, flag, instant, list, object, orNull, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands for backups, and for people who come from another proxy or go to one. */

const relativePath = text("Path relative to the home", { minLength: 1 });

const createdBackup = object<CreatedBackup>("A backup", {
  path: orNull(value.path("The file; null where it was not made")),
  createdAt: instant("When it was made"),
  reason: text("Why"),
  automatic: flag("Made by the product or by cron: --keep may remove it"),
  encrypted: flag("It opens with a passphrase only"),
  bytes: count("Its size, bytes"),
  files: list("What is in it", relativePath),
  pruned: list("Automatic backups that were removed because newer ones are enough", text("Path or name")),
});

const listedBackup = object<ListedBackup>(
  "A file in backups/; what its header says is null where that cannot be read",
  {
    name: text("Its name", { minLength: 1 }),
    path: value.path(),
    createdAt: value.instantOrNull("When it was made"),
    reason: orNull(text("Why")),
    automatic: orNull(flag("Made by the product or by cron: --keep may remove it")),
    encrypted: orNull(flag("It opens with a passphrase only")),
    bytes: count("Its size, bytes"),
    fault: orNull(text("Why it cannot be restored")),
  },
);

const backupList = object<BackupList>("The backups of this home", {
  folder: value.path("Where they are"),
  backups: list("Newest first; those that cannot be read come last", listedBackup),
});

const names = (description: string) => list(description, value.listedName());

const difference = object<HomeDifference>("What restoring means; says nothing of any key", {
  comes: names("People who get a link that they do not have now"),
  goes: names("People whose link dies"),
  links: list(
    "People whose link changes",
    object<ChangedLink>("A link", {
      username: value.listedName(),
      changes: list("What is another one than before", text("In words: key, port 8443 → 8444")),
    }),
  ),
  enabled: names("People whose link is switched on"),
  disabled: names("People whose link is switched off"),
  settings: list(
    "Settings that change",
    object<ChangedSetting>("A setting", {
      name: text("As in mtproxy_config.json"),
      before: orNull(text("The value now, in words; null where none is set")),
      after: orNull(text("The value afterwards, in words; null where none is set")),
    }),
  ),
  sharedSecrets: object<HomeDifference["sharedSecrets"]>("Shared secrets", {
    comes: count("How many come"),
    goes: count("How many go"),
  }),
  coverDomains: object<HomeDifference["coverDomains"]>("Cover domains", {
    comes: list("Those that come", value.domain()),
    goes: list("Those that go", value.domain()),
  }),
  groupChannels: list("Groups whose own channel is another one", value.group()),
  promotedChannel: choice("The promoted channel", { same: "", comes: "", goes: "", changes: "" }),
});

const restored = object<RestoredBackup>("What restoring changed, or would change", {
  file: value.path("The backup"),
  createdAt: instant("When it was made"),
  reason: text("Why it was made"),
  difference,
  unreadable: orNull(text("Why the present home could not be compared")),
  files: list("Files that change", relativePath),
  restored: flag("It is done"),
  before: orNull(value.path("Where the home before is saved; null where there was none, or nothing was restored")),
});

const importedUser = object<ImportedUser>("Somebody who came", {
  username: value.userName(),
  renamedFrom: orNull(text("The name there, where it could not be kept")),
  present: flag("They were in users.json before"),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain; null unless the mode is fake-tls")),
  secret: value.maskedSecret(),
  enabled: flag("The link is switched on"),
  expiresAt: value.instantOrNull("When the link ends; null for never"),
  shardId: orNull(value.shardId("Where they are served")),
  port: orNull(value.port("Port that their link names here")),
  formerServer: orNull(text("Server that their link named there; null where the file does not tell")),
  formerPort: orNull(value.port("Port that their link named there; null where the file does not tell")),
  link: choice("Whether the link that they have goes on working", {
    same: "yes",
    port: "no: another port here",
    server: "when the name there leads here",
    other: "no: see reason",
    unknown: "the file does not tell what it names",
  }),
  reason: orNull(text("Why the link that they have cannot work here")),
});

const imported = object<Imported>("Who came from another proxy", {
  file: value.path("What was read"),
  format: choice("What it is", {
    mtproxymax: "",
    "familytraffic-secrets": "",
    v2ray: "",
    users: "",
    export: "",
    "export-csv": "",
    "familytraffic-config": "",
    "familytraffic-env": "",
    hirbod: "",
    telemt: "",
    mtprotoproxy: "",
    mtg1: "",
    "mtproto-proxy": "",
    mtg: "",
    "official-env": "",
    "official-secret": "",
    links: "",
  }),
  title: text("The same in words"),
  users: list("Those who came", importedUser),
  skipped: list(
    "Entries that were not taken",
    object<TurnedAway>("An entry", { what: text("Its name or place"), reason: text("Why") }),
  ),
  coverDomainsAdded: list("Cover domains that came with them", value.domain()),
  settings: list(
    "Settings of the other proxy, which are told and not taken",
    object<ToldSetting>("A setting", {
      name: choice("Which", { port: "", workers: "", public_host: "", tag: "" }),
      there: text("The other proxy's"),
      here: orNull(text("This one's")),
      command: text("What sets it here"),
    }),
  ),
  notes: value.advice("What else is there and was not taken"),
  imported: flag("It is done; false for a dry run"),
  cost: orNull(value.planCost("What a dry run foresees for the processes; null where no engine could be asked")),
});

const exportedFields: Fields<ExportedUser> = {
  username: value.userName(),
  enabled: flag("The link is switched on"),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain; null unless the mode is fake-tls")),
  server: value.server(),
  port: orNull(value.port("Port that the link names")),
  createdAt: orNull(value.recorded("When the secret was given")),
  expiresAt: value.instantOrNull("When the link ends; null for never"),
  note: orNull(text("What the admin wrote down, one line")),
  tags: list("The admin's own words for lists", text("A tag", { minLength: 1 })),
  group: orNull(value.group()),
  secret: either(value.maskedSecret(), value.wholeSecret("Only with --with-secrets")),
  link: orNull(value.tgLink("Only with --with-secrets")),
};

const exported = object<Exported>("Everybody who has a link", {
  format: choice("Kind of file", { json: "", csv: "" }),
  withSecrets: flag("Secrets and links are whole: whoever reads this gets in"),
  file: orNull(value.path("Where it was written; null where it is shown")),
  users: list("Those who have a link", object<ExportedUser>("A person", exportedFields)),
});

export const moving = {
  "backup create": createdBackup,
  "backup list": backupList,
  "backup restore": restored,
  import: imported,
  export: exported,
};
