import { declareAgentCommand } from "./agent.ts";
import { declareAlertsCommands } from "./alerts.ts";
import { declareBackupCommands } from "./backup.ts";
import type { CliCommand } from "./command.ts";
import { declareCompletionCommands } from "./completion.ts";
import { declareConfigCommands } from "./config.ts";
import { declareCoverDomainCommands } from "./cover-domain.ts";
import { declareCoverSiteCommand } from "./cover-site.ts";
import { declareDaemonCommand } from "./daemon.ts";
import { declareDoctorCommand } from "./doctor.ts";
import { declareHistoryCommand } from "./history.ts";
import { declareImageCommands } from "./image.ts";
import { declareLinkCommands } from "./link.ts";
import { declareMovingCommands } from "./moving.ts";
import { declarePromotedChannelCommands } from "./promoted-channel.ts";
import { declareRelayCommands } from "./relay.ts";
import { declareRotateCommand } from "./rotate.ts";
import { declareRoutingCommands } from "./routing.ts";
import { declareSchemaCommand } from "./schema.ts";
import { declareServiceCommands } from "./service.ts";
import { declareSetupCommand } from "./setup.ts";
import { declareSharedSecretCommands } from "./shared-secret.ts";
import { declareStatsApiCommands } from "./stats-api.ts";
import { declareTelegramConfigCommands } from "./telegram-config.ts";
import { declareUninstallCommand } from "./uninstall.ts";
import { declareUserCommands } from "./user.ts";
import { declareVlessUserCommands } from "./vless-user.ts";
import { declareWatchingCommands } from "./watching.ts";

/** The commands that one file declares. */
interface Branch {
  /** Heading in the help. */
  readonly group: string;
  /** First words that need nothing but this branch; for a command that looks at the whole tree there are none. */
  readonly words: string;
  declare(program: CliCommand): void;
}

const branches: readonly Branch[] = [
  {
    group: "People:",
    words:
      "add-user set-user set-limit remove-user list-users list-user-secrets show-user-config show disable-user enable-user regenerate-user-secret",
    declare: declareUserCommands,
  },
  { group: "People:", words: "rotate", declare: declareRotateCommand },
  { group: "People:", words: "link", declare: declareLinkCommands },
  {
    group: "People:",
    words: "vless-user",
    declare: (program) =>
      declareVlessUserCommands(program.command("vless-user").description("the same people in the VLESS stack's words")),
  },
  {
    group: "Shared secrets:",
    words: "add-secret list-secrets remove-secret regenerate-secret show-config",
    declare: declareSharedSecretCommands,
  },
  {
    group: "Cover domains:",
    words: "list-fake-tls-domains add-fake-tls-domain remove-fake-tls-domain check-domain",
    declare: declareCoverDomainCommands,
  },
  { group: "Cover domains:", words: "set-cover-site", declare: declareCoverSiteCommand },
  {
    group: "Promoted channel:",
    words: "setup-promoted-channel set-promoted-channel show-promoted-channel remove-promoted-channel",
    declare: declarePromotedChannelCommands,
  },
  { group: "Server:", words: "setup", declare: declareSetupCommand },
  { group: "Server:", words: "uninstall", declare: declareUninstallCommand },
  { group: "Server:", words: "config set-port set-host set-workers", declare: declareConfigCommands },
  {
    group: "Server:",
    words: "plan apply tick status verify start stop restart",
    declare: declareServiceCommands,
  },
  { group: "Server:", words: "agent", declare: declareAgentCommand },
  { group: "Server:", words: "daemon", declare: declareDaemonCommand },
  {
    group: "Server:",
    words: "enable-haproxy-routing disable-haproxy-routing",
    declare: declareRoutingCommands,
  },
  { group: "Server:", words: "stats export-report logs", declare: declareWatchingCommands },
  { group: "Server:", words: "alerts", declare: declareAlertsCommands },
  { group: "Server:", words: "history", declare: declareHistoryCommand },
  { group: "Server:", words: "stats-api", declare: declareStatsApiCommands },
  { group: "Server:", words: "doctor", declare: declareDoctorCommand },
  { group: "Server:", words: "refresh-config", declare: declareTelegramConfigCommands },
  { group: "Server:", words: "relay", declare: declareRelayCommands },
  { group: "Server:", words: "image", declare: declareImageCommands },
  { group: "Server:", words: "schema", declare: declareSchemaCommand },
  { group: "Server:", words: "", declare: declareCompletionCommands },
  { group: "Backups and moving:", words: "backup", declare: declareBackupCommands },
  { group: "Backups and moving:", words: "import export", declare: declareMovingCommands },
];

/**
 * Declares what can be typed after `mtproxy`: everything, or only what a command line with this first word needs, because every
 * start pays for each of more than fifty commands.
 */
export function declareCommands(program: CliCommand, word?: string): void {
  const needed = word ? branches.find(({ words }) => words.split(" ").includes(word)) : undefined;
  const declared = needed === undefined ? branches : [needed];
  for (const { group, declare } of declared) {
    program.commandsGroup(group);
    declare(program);
  }
}
