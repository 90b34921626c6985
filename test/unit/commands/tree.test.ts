import { expect, test } from "vitest";
import { buildProgram } from "../../../src/cli.ts";
import type { CliCommand } from "../../../src/commands/command.ts";

const whole = buildProgram("mtproxy");
const namesOf = (program: CliCommand) => program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
/** Commands that look at all others. */
const WHOLE = ["completion", "complete"];

test.each(namesOf(whole))(
  "a command line that begins with %s finds its command, as it is in the whole tree",
  (word) => {
    const part = buildProgram("mtproxy", {}, word);
    const find = (program: CliCommand) => program.commands.find((it) => [it.name(), ...it.aliases()].includes(word));
    expect(find(part)?.helpInformation()).toBe(find(whole)?.helpInformation());
    if (WHOLE.includes(word)) expect(namesOf(part)).toEqual(namesOf(whole));
    else expect(part.commands.length).toBeLessThan(whole.commands.length / 2);
  },
);

test("any other word gets the whole tree, so that what is near can be named", () => {
  for (const word of ["lst-users", "help", "", undefined])
    expect(namesOf(buildProgram("mtproxy", {}, word))).toEqual(namesOf(whole));
});
