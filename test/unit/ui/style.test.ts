import { expect, test } from "vitest";
import { createStyle } from "../../../src/ui/style.ts";
import { wantsColor } from "../../../src/ui/terminal.ts";
import { recordTerminal } from "../../support/terminal.ts";

const tty = recordTerminal({ tty: true });
const pipe = recordTerminal();

test.each([
  ["a terminal", tty, {}, true],
  ["a pipe", pipe, {}, false],
  ["a terminal with NO_COLOR", tty, { NO_COLOR: "1" }, false],
  ["a terminal with an empty NO_COLOR", tty, { NO_COLOR: "" }, true],
  ["a dumb terminal", tty, { TERM: "dumb" }, false],
])("%s gets colour: %4$s", (_, terminal, env, color) => {
  expect(wantsColor(terminal.out, env)).toBe(color);
});

test("marks text only where colour is wanted", () => {
  expect(createStyle(true).good("✓")).toBe("\x1b[32m✓\x1b[39m");
  expect(createStyle(false).good("✓")).toBe("✓");
});
