import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventStreamParser } from "../../../../../src/analytics/dashboard/api/event-stream.ts";

const read = (...chunks: string[]) => {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

describe("a stream of events", () => {
  test("is read as the standard says: comments, names, several lines of data, no space or one", () => {
    const text = ': hello\nretry: 3000\n\nevent: look\ndata: {"a":1}\n\ndata:x\ndata:  y\nid: 3\n\nevent: nothing\n\n';
    expect(read(text)).toEqual([
      { name: "look", data: '{"a":1}' },
      { name: "message", data: "x\n y" },
    ]);
  });

  test("gives an event only when it is complete", () => {
    expect(read("event: look\ndata: 1\n")).toEqual([]);
    expect(read("event: look\ndata: 1\n", "\n")).toEqual([{ name: "look", data: "1" }]);
  });

  test("is the same wherever it is cut, and however its lines end", () => {
    const field = fc.stringMatching(/^[a-zа-я :{}"]{0,12}$/);
    const events = fc.array(
      fc.record({ name: fc.constantFrom("look", "happened"), data: fc.array(field, { minLength: 1 }) }),
    );
    fc.assert(
      fc.property(events, fc.constantFrom("\n", "\r\n", "\r"), fc.array(fc.nat(400)), (sent, end, cuts) => {
        const lines = sent.flatMap(({ name, data }) => [`event: ${name}`, ...data.map((line) => `data: ${line}`), ""]);
        const text = lines.map((line) => line + end).join("");
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((place, index) => text.slice(places[index], place));
        expect(read(...chunks)).toEqual(sent.map(({ name, data }) => ({ name, data: data.join("\n") })));
      }),
    );
  });
});
