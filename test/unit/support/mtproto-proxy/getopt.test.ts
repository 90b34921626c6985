import fc from "fast-check";
import { expect, test } from "vitest";
import { builds } from "../../../support/mtproto-proxy/builds.ts";
import { walk } from "../../../support/mtproto-proxy/getopt.ts";
import { optionsOf } from "../../../support/mtproto-proxy/option-table.ts";

const options = optionsOf(builds.getpagespeed);
const read = (...argv: string[]): string[] =>
  [...walk(argv, options)].map((parsed) => {
    if ("complaint" in parsed) return `! ${parsed.complaint}`;
    if ("operand" in parsed) return parsed.operand;
    return parsed.value === undefined ? parsed.option.long : `${parsed.option.long}=${parsed.value}`;
  });

// What getopt_long(3) of glibc does with the same words.
test.each([
  [
    ["-S", "a", "-Sb", "--mtproto-secret=c", "--mtproto-secret", "d"],
    ["a", "b", "c", "d"].map((x) => `mtproto-secret=${x}`),
  ],
  [
    ["file", "-6v", "-H443"],
    ["file", "ipv6", "verbosity", "http-ports=443"],
  ],
  [
    ["--verb=3", "-v", "-d"],
    ["verbosity=3", "verbosity", "daemonize"],
  ],
  [
    ["--verbosity", "3"],
    ["verbosity", "3"],
  ],
  [["-v2"], ["verbosity", "! invalid option -- '2'"]],
  [
    ["--", "-S", "a"],
    ["-S", "a"],
  ],
  [["-"], ["-"]],
  [["--bogus=1"], ["! unrecognized option '--bogus=1'"]],
  [["-S"], ["! option requires an argument -- 'S'"]],
  [["--nat-info"], ["! option '--nat-info' requires an argument"]],
  [["--ipv6=1"], ["! option '--ipv6' doesn't allow an argument"]],
  [["--tcp"], ["! option '--tcp' is ambiguous"]],
  [["--user=a=b"], ["user=a=b"]],
  [["-R"], ["random-padding-only"]],
] as const)("reads %j as getopt does", (argv, expected) => {
  expect(read(...argv)).toEqual(expected);
});

test("a value is taken whatever it looks like, and no word is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      expect(read(...values.flatMap((value) => ["-S", value]))).toEqual(
        values.map((value) => `mtproto-secret=${value}`),
      );
    }),
  );
});

test("-R is only there in the build that has it", () => {
  const names = (build: (typeof builds)[keyof typeof builds]) => optionsOf(build).map(({ long }) => long);
  expect(names(builds.getpagespeed).filter((name) => !names(builds["official-2025"]).includes(name))).toEqual([
    "random-padding-only",
  ]);
});
