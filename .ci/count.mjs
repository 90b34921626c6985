// Prints what Vitest's JSON report counts as "N passed, N failed", last; exits 1 when that is not a run in which everything passed.
import { existsSync, readFileSync } from "node:fs";

const [, , path] = process.argv;
const ran = existsSync(path);
const {
  numPassedTests: passed = 0,
  numPendingTests: skipped = 0,
  numTodoTests: todo = 0,
  testResults = [],
} = ran ? JSON.parse(readFileSync(path, "utf8")) : {};

// A file that cannot be loaded, or whose hook throws, has failed although none of its tests has.
const failuresOf = ({ status, assertionResults }) => {
  const tests = assertionResults.filter((test) => test.status === "failed").length;
  return tests === 0 && status === "failed" ? 1 : tests;
};
const failed = testResults.reduce((sum, file) => sum + failuresOf(file), 0);
const omitted = skipped + todo;

if (!ran) console.log("== There are no results: type check, linter or build failed, or the run was ended.");
if (omitted > 0) console.log(`== ${omitted} skipped or to do, which here counts as failure.`);
console.log(`${passed} passed, ${failed} failed${omitted > 0 ? `, ${omitted} skipped` : ""}`);
process.exitCode = passed > 0 && failed + omitted === 0 ? 0 : 1;
