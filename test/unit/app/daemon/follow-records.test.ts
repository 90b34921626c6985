import { expect, test } from "vitest";
import { followRecords } from "../../../../src/app/daemon/follow-records.ts";
import { Ledger } from "../../../../src/domain/ledger.ts";
import type { EdgeEngine } from "../../../../src/engine/edge-engine.ts";
import type { LogOptions } from "../../../../src/engine/engine.ts";
import { appScene } from "../../../support/app-scene.ts";

const line = (time: string, id: string) =>
  `2026-11-21T${time}.000000001Z mtproxy id=${id} at=1763719200 from=192.0.2.1 in=1 out=2 ms=1 server=users/alice`;

/** A log as Docker keeps it: what is older than `since` is not told. */
function logOf(lines: readonly string[]): Pick<EdgeEngine, "haproxy" | "haproxyLogs"> {
  const container = { ...{ id: "c1", running: true, digest: "", image: "", imageId: "" }, restarts: 0 };
  return {
    haproxy: async () => container,
    async *haproxyLogs({ tail, since = "" }: LogOptions = {}) {
      yield* tail === 1 ? lines.slice(-1) : lines.filter((it) => it >= since);
    },
  };
}

test("a log whose last line is older than where reading goes on is read: the clock was set back", async () => {
  const { ctx } = await appScene({ routing: "edge" });
  const ledger = new Ledger();
  const follow = async (...lines: readonly string[]) => {
    let [records, isPresent, asked] = [0, false, 0];
    await followRecords(ctx, logOf(lines) as EdgeEngine, ledger, {
      signal: new AbortController().signal,
      isWanted: () => asked++ === 0,
      onRecord: () => {
        records += 1;
      },
      onPresent: () => {
        isPresent = true;
      },
    });
    return { records, isPresent };
  };
  expect(await follow(line("12:00:00", "1"), line("12:00:01", "2"))).toEqual({ records: 2, isPresent: true });
  const back = [line("12:00:01", "2"), line("11:00:00", "3")];
  expect(await follow(...back)).toEqual({ records: 0, isPresent: true });
  // What is written when the clock is there again is read; each once.
  expect(await follow(...back, line("12:00:05", "4"))).toEqual({ records: 1, isPresent: true });
});
