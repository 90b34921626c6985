import { describe, expect, test } from "vitest";
import { alertLanguages } from "../../../src/domain/numbers/alerts/choices.ts";
import { alertKinds, natures } from "../../../src/domain/numbers/alerts/kinds.ts";
import type { Notice } from "../../../src/domain/numbers/alerts/watch.ts";
import { alertText, testText } from "../../../src/render/alert-text.ts";

const notice = (kind: Notice["kind"], what: Notice["what"] = "begins", subject = ""): Notice => ({
  ...{ kind, what, subject, since: "2026-11-21T12:00:00.000Z", at: "2026-11-21T13:30:00.000Z" },
  values: {
    percent: 84,
    bytes: 5e10,
    until: "2026-11-24T18:00:00.000Z",
    seconds: -4.26,
    usual: 40,
    now: 2,
    effect: "dead",
  },
});
const english = { language: "en", name: "home" } as const;
const said = (it: Notice) => alertText([it], english).lines[0];

test("a message says what is so, since when it is so, and from when to when it was", () => {
  expect(said(notice("quota-near", "begins", "alice"))).toBe("alice has used 84 % of 50G.");
  expect(said(notice("expiring", "begins", "bob"))).toBe("bob's link ends: 2026-11-24 18:00 UTC.");
  expect(said(notice("clock"))).toBe("The server's clock is 4.3 s behind: every fake-TLS link is dead.");
  expect(said(notice("disk-low", "lasts"))).toBe(
    "Still: The disk is nearly full: 84 % are free. (since 2026-11-21 12:00 UTC)",
  );
  expect(said(notice("blocked", "over"))).toBe("People are back. (from 2026-11-21 12:00 UTC to 2026-11-21 13:30 UTC)");
});

test("its title is one line with the first sentence, and how many more there are", () => {
  const { title, lines } = alertText([notice("proxy-down"), notice("disk-low"), notice("clock")], english);
  expect(title).toBe("home: The proxy does not run or does not answer: people cannot get in. (+2)");
  expect(lines).toHaveLength(3);
  expect(alertText([notice("expiring", "begins", "a\nb\u202e")], { language: "en", name: "x\r\nBcc: y" }).title).toBe(
    "x??Bcc: y: a?b?'s link ends: 2026-11-24 18:00 UTC.",
  );
});

describe.each(alertLanguages)("in %s", (language) => {
  test.each(alertKinds)("%s has words of its own, with whom it is about", (kind) => {
    const all = (["begins", "lasts", "over"] as const).map((what) =>
      alertText([notice(kind, what, "carol")], { language, name: "x" }),
    );
    const [begins, lasts, over] = all.map(({ lines }) => lines[0] ?? "");
    const isAboutOne = !["blocked", "disk-low", "clock"].includes(kind);
    expect(begins?.includes("carol")).toBe(isAboutOne);
    expect(lasts).toContain(begins);
    if (natures[kind].lasts) expect(over?.slice(0, 12)).not.toBe(begins?.slice(0, 40));
    for (const text of [begins, lasts, over]) expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  test("a test says that it is one", () => {
    expect(testText({ language, name: "x" }).lines).toHaveLength(1);
  });
});
