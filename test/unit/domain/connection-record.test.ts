import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRecord } from "../../../src/domain/connection-record.ts";

const LINE =
  "mtproxy id=5f1c at=1795262372 from=2001:db8::7 user=alice why=ok verdict=ok server=users/alice:old in=1016 out=4 ms=2500 end=-- worker=1795261477318977";

describe("a record", () => {
  it("of somebody who got in names the server entry and the worker", () => {
    expect(parseRecord(LINE)).toEqual({
      id: "5f1c",
      startedAt: new Date(1_795_262_372_000),
      endedAt: new Date(1_795_262_374_500),
      from: "2001:db8::7",
      user: "alice",
      why: "ok",
      verdict: "ok",
      server: "alice:old",
      bytesIn: 1016,
      bytesOut: 4,
      end: "--",
      worker: "1795261477318977",
    });
  });

  it("of a stranger has a server of nobody's, and `-` for what is not known", () => {
    const stranger = LINE.replace("users/alice:old", "site/site")
      .replace("user=alice", "user=-")
      .replace("worker=1795261477318977", "worker=-");
    const record = parseRecord(stranger);
    expect(record).toMatchObject({ verdict: "ok", bytesIn: 1016 });
    expect(record).not.toHaveProperty("server");
    expect(record).not.toHaveProperty("user");
    expect(record).not.toHaveProperty("worker");
  });

  it("of somebody who came with a ClientHello tells how long that was", () => {
    expect(parseRecord(`${LINE} hello=1744`)).toMatchObject({ hello: 1744 });
    expect(parseRecord(`${LINE} hello=-`)).not.toHaveProperty("hello");
  });

  it("may have more fields than are known, and an older one has fewer", () => {
    expect(parseRecord(`${LINE} later=1`)).toEqual(parseRecord(LINE));
    expect(parseRecord(LINE.replace(/ worker=\d+/, ""))).toMatchObject({ id: "5f1c" });
  });

  it("is no other line, and none that was cut", () => {
    for (const line of [
      "",
      "[NOTICE]   (1) : Loading success.",
      "mtproxy",
      LINE.slice(0, 60),
      LINE.replace("in=1016", "in=x"),
    ])
      expect(parseRecord(line)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void parseRecord(`mtproxy ${text}`)));
  });
});
