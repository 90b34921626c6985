import { expect, test } from "vitest";
import { Amounts } from "../../../../../src/analytics/dashboard/figures/amounts.ts";
import { type Condition, freshness } from "../../../../../src/analytics/dashboard/figures/freshness.ts";
import { english } from "../../../../../src/analytics/dashboard/texts/en.ts";

const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
const say = (condition: Condition, lookedAt?: number) =>
  freshness(
    condition,
    { now, lookedAt, awaySince: now - 60_000, why: "too many listen already" },
    english,
    new Amounts("en-GB"),
  );

test("figures are live when somebody looked within seconds, and it is said when", () => {
  expect(say("live", now - 5000)).toEqual({ mood: "live", words: "Live", looked: "as of 11:59:55" });
});

test("figures are old when the server answers and nobody looks any more", () => {
  expect(say("live", now - 60_000)).toMatchObject({ mood: "away", words: expect.stringContaining("since 11:59:00") });
});

test("a server that is away is said to be, since when, however fresh the figures are", () => {
  expect(say("away", now)).toMatchObject({
    mood: "away",
    words: expect.stringContaining("not answered since 11:59:00"),
  });
});

test("a server that answers and gives no figures is not said to be away", () => {
  expect(say("refused", now)).toMatchObject({
    mood: "away",
    words: expect.stringContaining("too many listen already"),
  });
});

test("before the first figures the page is connecting", () => {
  expect([say("connecting"), say("live")].map(({ mood }) => mood)).toEqual(["waiting", "waiting"]);
});
