import { expect, test } from "vitest";
import { manuals } from "../../scripts/man.ts";
import { buildProgram, type ProgramName } from "../../src/cli.ts";
import type { CliCommand } from "../../src/commands/command.ts";

const pages = manuals();
const pageOf: Record<ProgramName, string> = {
  mtproxy: pages["familytraffic-mtproxy.1"] ?? "",
  "vless-user": pages["vless-user.1"] ?? "",
};
const programs = Object.keys(pageOf) as ProgramName[];
const escaped = (text: string) => text.replaceAll("-", "\\-").replaceAll("…", "\\[u2026]");

function all(command: CliCommand): CliCommand[] {
  return [command, ...(command.createHelp().visibleCommands(command) as CliCommand[]).flatMap(all)];
}

test.each(programs)("the page of %s names every command, option and example", (program) => {
  for (const command of all(buildProgram(program))) {
    if (command.commands.length === 0) expect(pageOf[program]).toContain(escaped(command.path));
    for (const { flags } of command.options) expect(pageOf[program]).toContain(escaped(flags));
    for (const line of command.exampleLines) expect(pageOf[program]).toContain(escaped(line));
  }
});

test.each(programs)("the page of %s says what every exit code means", (program) => {
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]) expect(pageOf[program]).toContain(`.B ${code}\n`);
});

test.each(programs)("the page of %s is plain ASCII, which every formatter reads", (program) => {
  expect(pageOf[program]).toMatch(/^[\n -~]+$/);
});

test.each(programs)("no text of the page of %s reads as a request", (program) => {
  const requests = /^\.(TH|SH|SS|B|TP|PP|RS|RE|nf|fi)\b/;
  for (const line of pageOf[program].split("\n")) if (/^[.']/.test(line)) expect(line).toMatch(requests);
});
