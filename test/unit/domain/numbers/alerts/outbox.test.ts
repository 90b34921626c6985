import { describe, expect, test } from "vitest";
import {
  type AlertMessage,
  dueNow,
  emptyOutbox,
  failed,
  type Outbox,
  posted,
  sent,
  withoutChannels,
} from "../../../../../src/domain/numbers/alerts/outbox.ts";

const START = Date.parse("2026-11-21T12:00:00.000Z");
const at = (seconds: number) => new Date(START + seconds * 1000);
const message = (id: number): AlertMessage => ({ id: String(id), at: at(id).toISOString(), notices: [] });
const ids = (box: Outbox, now: Date) => dueNow(box, now).map(({ channel, message: { id } }) => `${channel} ${id}`);

describe("an outbox", () => {
  test("gives each channel its oldest message first, and the next one once that is gone", () => {
    const box = posted(posted(emptyOutbox, message(1), ["web", "mail"]), message(2), ["web", "mail"]);
    expect(ids(box, at(9))).toEqual(["web 1", "mail 1"]);
    const [first] = dueNow(box, at(9));
    const after = first === undefined ? box : sent(box, first, at(9).toISOString());
    expect(ids(after, at(9))).toEqual(["mail 1", "web 2"]);
    expect(after.delivered).toMatchObject([{ channel: "web", outcome: "sent", attempts: 1 }]);
  });

  test("tries again after longer and longer pauses, and gives up after three days", () => {
    let box = posted(emptyOutbox, message(0), ["web"]);
    const tries: number[] = [];
    for (let seconds = 0; box.waiting.length > 0; seconds += 10) {
      const [due] = dueNow(box, at(seconds));
      if (due === undefined) continue;
      tries.push(seconds);
      box = failed(box, due, "refused", at(seconds));
    }
    expect(tries.slice(0, 10)).toEqual([0, 30, 90, 210, 450, 930, 1890, 3810, 7410, 11_010]);
    expect(tries.at(-1)).toBeGreaterThan(3 * 86_400);
    expect(box.delivered).toMatchObject([{ outcome: "given-up", fault: "refused", attempts: tries.length }]);
  });

  test("waits for no moment of a clock that was ahead", () => {
    const posting = posted(emptyOutbox, message(9e6), ["web"]);
    const [due] = dueNow(posting, at(9e6));
    const box = due === undefined ? posting : failed(posting, due, "refused", at(9e6));
    expect([ids(box, at(9e6)), ids(box, at(0))]).toEqual([[], ["web 9000000"]]);
  });

  test("is bounded: the oldest of a channel that takes nothing is given up, and nothing of another", () => {
    let box = posted(emptyOutbox, message(0), ["mail"]);
    for (let id = 1; id <= 300; id++) box = posted(box, message(id), ["web"]);
    expect(box.waiting.filter(({ channel }) => channel === "web").map(({ message: { id } }) => id)).toEqual(
      Array.from({ length: 50 }, (_, index) => String(index + 251)),
    );
    expect(ids(box, at(999))).toEqual(["mail 0", "web 251"]);
    expect(box.delivered).toHaveLength(200);
    expect(withoutChannels(box, ["mail"]).waiting).toHaveLength(1);
  });
});
