import { expect, onTestFinished, test } from "vitest";
import { EventStreams } from "../../../../src/analytics/http/event-streams.ts";
import { TestSource } from "../../../support/numbers-source.ts";
import { snapshot } from "../../../support/snapshot.ts";

function streams(text: () => string) {
  const source = new TestSource();
  const open = new EventStreams(source, text);
  onTestFinished(() => open.close());
  return { source, open };
}

const read = async (stream: NodeJS.ReadableStream | undefined): Promise<string> => {
  let all = "";
  for await (const piece of stream ?? []) all += piece;
  return all;
};

test("a listener hears the last look at once, then each look and what happened, and an end", async () => {
  const { source, open } = streams(() => '{"at":"…"}');
  const early = open.open();
  source.look(snapshot());
  const late = open.open();
  source.look(snapshot(), [{ at: 7, kind: "shard-down", subject: "1", words: "a line\nbreak" }]);
  open.close();
  const look = 'event: look\ndata: {"at":"…"}\n\n';
  const happened = 'event: happened\ndata: {"at":7,"kind":"shard-down","subject":"1","words":"a line\\nbreak"}\n\n';
  expect(await read(early)).toBe(`retry: 3000\n\n${look}${look}${happened}`);
  expect(await read(late)).toBe(`retry: 3000\n\n${look}${look}${happened}`);
  expect(source.listeners).toBe(0);
});

test("a listener that reads nothing is let go before it takes much memory, and the others hear on", async () => {
  const { source, open } = streams(() => "x".repeat(500_000));
  const [slow, quick] = [open.open(), open.open()];
  const heard = read(quick);
  for (let count = 0; count < 10; count++) {
    source.look(snapshot());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slow?.destroyed).toBe(true);
  open.close();
  expect((await heard).match(/event: look/g)).toHaveLength(10);
});

test("what a listener took is free for another one when it has gone", async () => {
  const { open } = streams(() => "{}");
  const all = Array.from({ length: 40 }, () => open.open());
  expect(all.filter((stream) => stream !== undefined)).toHaveLength(32);
  all[0]?.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  expect(open.open()).toBeDefined();
});
