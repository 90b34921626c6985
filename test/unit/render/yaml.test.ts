import { describe, expect, test } from "vitest";
import { composeList, composeString } from "../../../src/render/yaml.ts";

describe("a scalar of a compose file", () => {
  test("is quoted whatever it looks like", () => {
    expect(["yes", "1e3", "a: b # c", "- x", ""].map(composeString)).toEqual([
      '"yes"',
      '"1e3"',
      '"a: b # c"',
      '"- x"',
      '""',
    ]);
  });

  test("starts no variable and holds no bare control character", () => {
    expect(composeString("$HOME $x")).toBe('"$$HOME $$x"');
    expect(composeString("a\n\u007f\u0085\u2028")).toBe('"a\\n\\u007f\\u0085\\u2028"');
  });

  test("stands in lists", () => {
    expect(composeList([])).toBe("[]");
    expect(composeList(["8443:8443", 'a"b'])).toBe('["8443:8443", "a\\"b"]');
  });
});
