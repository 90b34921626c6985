import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillTemplate } from "../../../src/render/template.ts";

describe("a template", () => {
  test("gets its values", () => {
    expect(fillTemplate("port {{port}} of {{host}}, {{port}}", { port: "8443", host: "a" })).toBe(
      "port 8443 of a, 8443",
    );
  });

  test("with a token that nothing gives is a bug", () => {
    expect(() => fillTemplate("{{port}}", {})).toThrow(/asks for {{port}}/);
    expect(() => fillTemplate("{{toString}}", {})).toThrow(/asks for {{toString}}/);
  });

  test("that has no place for a value is a bug", () => {
    expect(() => fillTemplate("port", { port: "8443", host: "a" })).toThrow(/no place for port, host/);
  });

  test("indents a value of several lines like its token", () => {
    expect(fillTemplate("a:\n  {{list}}\nb: {{text}}", { list: "- 1\n- 2", text: "x\ny" })).toBe(
      "a:\n  - 1\n  - 2\nb: x\ny",
    );
  });

  test("takes any value as it is: tokens and replacement patterns in it stand", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(fillTemplate("<{{value}}>", { value })).toBe(`<${value}>`);
      }),
    );
    expect(fillTemplate("{{value}}", { value: "$& $1 {{value}}" })).toBe("$& $1 {{value}}");
  });
});
