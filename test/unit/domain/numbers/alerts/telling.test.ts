import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlertKind } from "../../../../../src/domain/numbers/alerts/kinds.ts";
import { formatQuietHours, isQuiet, parseQuietHours } from "../../../../../src/domain/numbers/alerts/quiet-hours.ts";
import { tellOrHold } from "../../../../../src/domain/numbers/alerts/telling.ts";
import type { Notice } from "../../../../../src/domain/numbers/alerts/watch.ts";

const night = new Date("2026-11-21T01:30:00.000Z");
const morning = new Date("2026-11-21T07:00:00.000Z");
const quietHours = parseQuietHours("22:30-07:00");
const notice = (kind: AlertKind, what: Notice["what"] = "begins", subject = ""): Notice => ({
  ...{ kind, what, subject, values: {} },
  ...{ since: "2026-11-21T01:00:00.000Z", at: night.toISOString() },
});
const names = (notices: readonly Notice[]) => notices.map(({ kind, what }) => `${kind} ${what}`);

describe("quiet hours", () => {
  test("go over midnight, in the zone that is named, summer time and all", () => {
    const at = (text: string, time: string) => isQuiet(parseQuietHours(text), new Date(time));
    expect(at("22:30-07:00", "2026-11-21T22:29:59Z")).toBe(false);
    expect(at("22:30-07:00", "2026-11-21T22:30:00Z")).toBe(true);
    expect(at("22:30-07:00", "2026-11-21T06:59:59Z")).toBe(true);
    expect(at("22:30-07:00", "2026-11-21T07:00:00Z")).toBe(false);
    expect(at("13:00-15:00 Europe/Berlin", "2026-11-21T12:00:00Z")).toBe(true);
    expect(at("13:00-15:00 Europe/Berlin", "2026-07-21T13:00:00Z")).toBe(false);
    expect(isQuiet(undefined, night)).toBe(false);
  });

  test.each(["22:30", "25:00-07:00", "22:60-07:00", "07:00-07:00", "22:00-07:00 Mars/Crater"])("are not %s", (text) => {
    expect(() => parseQuietHours(text)).toThrow("are no hours");
  });

  test("are written as they are read", () => {
    expect(formatQuietHours(parseQuietHours("7:05-09:00 Asia/Tehran"))).toBe("07:05-09:00 Asia/Tehran");
    const minute = fc.integer({ min: 0, max: 1439 });
    const hours = fc.record({ from: minute, to: minute, zone: fc.constantFrom("UTC", "Asia/Tehran", "America/Lima") });
    fc.assert(
      fc.property(
        hours.filter(({ from, to }) => from !== to),
        (it) => {
          expect(parseQuietHours(formatQuietHours(it))).toEqual(it);
        },
      ),
    );
  });
});

describe("news in quiet hours", () => {
  const settings = { quietHours, quietAll: false };

  test("wait, unless nobody gets in or everybody has gone", () => {
    const news = [notice("disk-low"), notice("proxy-down"), notice("expiring"), notice("blocked")];
    const { now, held } = tellOrHold([], news, settings, night);
    expect([names(now), names(held)]).toEqual([
      ["proxy-down begins", "blocked begins"],
      ["disk-low begins", "expiring begins"],
    ]);
    expect(tellOrHold([], news, { ...settings, quietAll: true }, night).now).toEqual([]);
  });

  test("are told together when the hours are over, what was over meanwhile as one", () => {
    const first = tellOrHold([], [notice("disk-low"), notice("expiring", "begins", "bob")], settings, night);
    const second = tellOrHold(first.held, [notice("disk-low", "over")], settings, night);
    expect(tellOrHold(second.held, [], settings, night)).toEqual({ now: [], held: second.held });
    const { now, held } = tellOrHold(second.held, [notice("clock")], settings, morning);
    expect([names(now), held]).toEqual([["expiring begins", "disk-low over", "clock begins"], []]);
  });
});
