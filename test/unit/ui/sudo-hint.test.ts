import { expect, test } from "vitest";
import { AppError, AS_ROOT } from "../../../src/domain/errors.ts";
import { withSudo } from "../../../src/ui/sudo-hint.ts";

const refused = new AppError("environment", "cannot write /x", {
  hint: `${AS_ROOT} or as the owner`,
  data: 1,
  cause: 2,
});

test("somebody who is not root is told the line that they typed, with sudo", () => {
  const told = withSudo(refused, ["mtproxy", "set-user", "bob", "--note", "it's mine"], 1000);
  expect(told).toMatchObject({ kind: "environment", message: "cannot write /x", data: 1, cause: 2 });
  expect(told.hint).toBe("sudo mtproxy set-user bob --note 'it'\\''s mine' or as the owner");
});

test("no key is repeated, wherever it was typed", () => {
  for (const word of ["dd0123456789abcdef0123456789abcdef", "tg://proxy?server=a&port=1&secret=7hI0VniavN7w"])
    expect(withSudo(refused, ["mtproxy", "remove-secret", word], 1000).hint).toBe("sudo mtproxy … or as the owner");
});

test("root, and whoever root could not help, are told what they were", () => {
  expect(withSudo(refused, ["mtproxy", "apply"], 0)).toBe(refused);
  const other = new AppError("environment", "no disk", { hint: "df -h" });
  expect(withSudo(other, ["mtproxy", "apply"], 1000)).toBe(other);
  const silent = new AppError("environment", "no disk");
  expect(withSudo(silent, ["mtproxy", "apply"], 1000)).toBe(silent);
});
