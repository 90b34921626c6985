import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { parseTrialConfig } from "../../../../src/engine/trial/config.ts";
import { numberedKey } from "../../../support/domain.ts";

const key = numberedKey(1);
const file = {
  about: "",
  configDigest: "abc",
  shardId: 1,
  port: 8443,
  publicHost: "proxy.example",
  keys: [{ key: key.reveal(), holder: "alice" }, { key: numberedKey(2).reveal() }],
  covers: [{ domain: "a.example", address: "192.0.2.1:443" }, { domain: "b.example" }],
  limits: { maxConnections: 100 },
};

function faultOf(change: object): AppError {
  try {
    parseTrialConfig(JSON.stringify({ ...file, ...change }));
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error("it was accepted");
}

describe("parseTrialConfig", () => {
  it("reads what rendering writes and fills in the times", () => {
    const config = parseTrialConfig(JSON.stringify(file));
    expect(config).toMatchObject({ configDigest: "abc", port: 8443, covers: file.covers });
    expect(config.keys.map(({ key, holder }) => [key.reveal(), holder])).toEqual([
      [key.reveal(), "alice"],
      [numberedKey(2).reveal(), undefined],
    ]);
    expect(config.limits).toEqual({
      maxConnections: 100,
      maxGuests: 1000,
      handshakeMs: 10_000,
      silentMs: 60_000,
      idleMs: 600_000,
    });
    expect(config.datacenters.find(2)?.host).toBe("149.154.167.51");
  });

  it("takes the datacenters of the settings instead of those it knows", () => {
    const config = parseTrialConfig(JSON.stringify({ ...file, datacenters: { 2: "127.0.0.1:1" } }));
    expect(config.datacenters.find(2)).toEqual({ host: "127.0.0.1", port: 1 });
    expect(config.datacenters.find(1)).toBeUndefined();
  });

  it.each([
    [{ port: 0 }, "port"],
    [{ port: 70_000 }, "port"],
    [{ keys: [{ key: "short" }] }, "keys.0.key"],
    [{ keys: {} }, "keys"],
    [{ covers: [{ domain: "a.example", address: "nowhere" }] }, "covers.0.address"],
    [{ datacenters: { 2: "nowhere" } }, "datacenters.2"],
    [{ datacenters: { two: "127.0.0.1:1" } }, "datacenters"],
    [{ limits: {} }, "limits.maxConnections"],
    [{ limits: { maxConnections: 1, idleMs: -1 } }, "limits.idleMs"],
    [{ configDigest: 7 }, "configDigest"],
  ])("refuses %j and names the field", (change, field) => {
    expect(faultOf(change)).toMatchObject({ kind: "invalid", message: expect.stringContaining(field) });
  });

  it("repeats no key in its error", () => {
    const nearly = `${key.reveal().slice(0, 31)}g`;
    expect(JSON.stringify([faultOf({ keys: [{ key: nearly }] }).message])).not.toContain(nearly.slice(0, 16));
  });

  it("refuses anything else with an error of its own", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parseTrialConfig(text)).toThrow(AppError);
      }),
    );
  });
});
