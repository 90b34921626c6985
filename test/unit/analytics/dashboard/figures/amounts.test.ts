import { describe, expect, test } from "vitest";
import { Amounts } from "../../../../../src/analytics/dashboard/figures/amounts.ts";

const english = new Amounts("en");
const russian = new Amounts("ru");
/** Narrow and no-break spaces look like spaces. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("figures", () => {
  test("are bytes in thousands, as quotas are, with one digit after the point below a hundred", () => {
    const sizes = [0, 999, 1000, 1234, 99_940, 123_456, 50e9, 1.5e12, 7e18];
    expect(sizes.map((size) => plain(english.bytes(size)))).toEqual([
      "0B",
      "999B",
      "1 kB",
      "1.2 kB",
      "99.9 kB",
      "123 kB",
      "50 GB",
      "1.5 TB",
      "7,000 PB",
    ]);
    expect(plain(russian.bytes(1.25e9))).toBe("1,3 ГБ");
    expect(plain(english.rate(2e6))).toBe("2 MB/s");
    expect(russian.rate(2e6)).toMatch(/^2\s+МБ\//);
  });

  test("are times in the two largest units", () => {
    const seconds = [0, 59, 60, 3661, 86_400, 90_000, 286_720];
    expect(seconds.map((value) => english.duration(value))).toEqual([
      "0 sec",
      "59 sec",
      "1 min",
      "1 hr 1 min",
      "1 day",
      "1 day 1 hr",
      "3 days 7 hr",
    ]);
    expect(plain(russian.duration(286_720))).toBe("3 дн. 7 ч");
  });

  test("are moments before and after now, as people say them", () => {
    expect([-5000, -300_000, -7_300_000, -90_000_000, 3 * 86_400_000].map((it) => english.relative(it))).toEqual([
      "5 sec. ago",
      "5 min. ago",
      "2 hr. ago",
      "yesterday",
      "in 3 days",
    ]);
  });

  test("are ticks of an axis: the time within days, the day at midnight and within weeks, the month within years", () => {
    const noon = new Date(2026, 10, 21, 12, 30).getTime();
    const midnight = new Date(2026, 10, 21).getTime();
    const day = 86_400;
    expect([english.tick(noon, 2 * day), english.tick(midnight, 2 * day)]).toEqual(["12:30", "Nov 21"]);
    expect([english.tick(noon, 30 * day), english.tick(noon, 730 * day)]).toEqual(["Nov 21", "Nov 26"]);
  });

  test("are shares in whole percent, above a hundred too", () => {
    expect([english.percent(0.804), english.percent(1.64), english.cpu(2.34)]).toEqual(["80%", "164%", "2.3%"]);
  });
});
