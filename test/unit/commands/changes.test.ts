import { expect, test } from "vitest";
import { buildProgram, type ProgramName } from "../../../src/cli.ts";
import type { CliCommand } from "../../../src/commands/command.ts";

/**
 * Commands that only look. Whatever else there is changes something, and says so with `.writes()`: only then it is in the audit log.
 * That these really change nothing is for test/cli/every-command.test.ts to see.
 */
const looking = [
  ...["list-users", "list-user-secrets", "show-user-config", "link decode", "list-secrets", "show-config"],
  ...["list-fake-tls-domains", "check-domain", "show-promoted-channel", "config show", "plan", "status", "verify"],
  ...[
    "stats",
    "logs",
    "history",
    "doctor",
    "relay status",
    "schema",
    "completion",
    "complete",
    "backup list",
    "export",
    "export-report",
  ],
  ...["alerts show", "alerts test", "alerts history", "stats-api status"],
  // These remember what they measured of an image; the image in use stays the same.
  ...["image probe", "image list"],
  // Services of the host, which write down themselves what they change.
  ...["agent", "daemon"],
];
const lookingAtUsers = ["show", "list"];

function leaves(command: CliCommand): CliCommand[] {
  const children = command.commands as CliCommand[];
  return children.length === 0 ? [command] : children.flatMap(leaves);
}

const commands = (name: ProgramName) => leaves(buildProgram(name));

test.each(commands("mtproxy").map((command) => ({ command, words: command.path })))(
  "mtproxy $words is written down when it changes something",
  ({ command, words }) => {
    const isLooking = looking.includes(words) || lookingAtUsers.some((it) => words === `vless-user ${it}`);
    expect(command.isWriter, `${words} changes something: declare .writes(); or it only looks: name it above`).toBe(
      !isLooking,
    );
  },
);

test.each(commands("vless-user").map((command) => ({ command, words: command.path })))(
  "vless-user $words is written down when it changes something",
  ({ command, words }) => {
    expect(command.isWriter).toBe(![...lookingAtUsers, ...looking].includes(words));
  },
);

test("what is looked at above is there to be typed", () => {
  const paths = commands("mtproxy").map(({ path }) => path);
  expect(looking.filter((words) => !paths.includes(words))).toEqual([]);
});

test("what a timer runs is written down as the timer's", () => {
  const scheduled = commands("mtproxy").filter(({ isScheduled }) => isScheduled);
  expect(scheduled.map(({ path }) => path).sort()).toEqual(["backup create", "refresh-config", "tick"]);
  expect(scheduled.filter(({ isOften }) => isOften).map(({ path }) => path)).toEqual(["tick"]);
});
