import { describe, expect, it } from "vitest";
import { Tally } from "../../../../src/engine/trial/tally.ts";

describe("the tally", () => {
  it("tells what happened since it was last asked, and keeps the sums", () => {
    const tally = new Tally();
    for (const event of ["clients", "clients", "replays"] as const) tally.add(event);
    expect(tally.news()).toEqual(["2 client connections", "1 replayed hellos refused"]);
    expect(tally.news()).toEqual([]);
    tally.add("clients");
    expect(tally.news()).toEqual(["1 client connections"]);
    expect(JSON.parse(JSON.stringify(tally))).toMatchObject({ clients: 3, replays: 1, strangers: 0 });
  });
});
