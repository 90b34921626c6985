import { expect, test } from "vitest";
import { happenedWords } from "../../../../../src/analytics/dashboard/figures/happened.ts";
import { english } from "../../../../../src/analytics/dashboard/texts/en.ts";
import { russian } from "../../../../../src/analytics/dashboard/texts/ru.ts";
import type { Conditions } from "../../../../../src/domain/numbers/conditions.ts";
import { happenings } from "../../../../../src/domain/numbers/happenings.ts";

const calm: Conditions = {
  ...{ shards: { 1: "up", 2: "up", 3: "stopped" }, starts: { "1 a": 1 }, refused: { carol: "expired" } },
  ...{ haproxy: "running", worker: 7, workers: ["w1"], agents: 2 },
};
/** Everything that can change, as the daemon tells it. */
const all = [
  { shards: { 1: "stopped", 2: "silent", 3: "up" } },
  { starts: { "1 a": 2 } },
  { haproxy: "gone" },
  { worker: 8, workers: ["w1", "w2"] },
  { worker: 8, workers: ["w2"] },
  { agents: 1 },
  { refused: { alice: "expired", bob: "over-quota" } },
].flatMap((change) => happenings(calm, { ...calm, ...(change as Conditions) }, new Date(0)));

test("every event is told in English as the server tells it, and in Russian otherwise", () => {
  expect(new Set(all.map(({ kind }) => kind)).size).toBe(9);
  // The reason why somebody is refused is written for people here.
  expect(all.map((event) => happenedWords(event, english))).toEqual(
    all.map(({ words }) => words.replace("over-quota", "over quota")),
  );
  for (const event of all) expect(happenedWords(event, russian)).toMatch(/[а-я]{5}/);
});

test("an alert stays as it was told", () => {
  const alert = { kind: "alert", subject: "alice", words: "alice a épuisé son quota" };
  expect(happenedWords(alert, russian)).toBeUndefined();
});
