import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { Datacenters } from "../../../../src/engine/trial/datacenters.ts";

describe("Telegram's datacenters", () => {
  const known = new Datacenters();

  it.each([
    [1, "149.154.175.50"],
    [2, "149.154.167.51"],
    [-2, "149.154.167.51"],
    [5, "149.154.171.5"],
    [203, "91.105.192.100"],
    [-203, "91.105.192.100"],
    [10_002, "149.154.167.40"],
    [-10_002, "149.154.167.40"],
  ])("the id %i leads to %s", (id, host) => {
    expect(known.find(id)).toEqual({ host, port: 443 });
  });

  it.each([0, 6, -6, 10_000, 10_004, 32_767, -32_768])("the id %i leads nowhere", (id) => {
    expect(known.find(id)).toBeUndefined();
  });

  it("are replaced as a whole by the settings", () => {
    const own = new Datacenters({ 2: "127.0.0.1:1000", "-2": "127.0.0.1:2000", 10002: "127.0.0.1:3000" });
    expect(own.find(2)?.port).toBe(1000);
    expect(own.find(-2)?.port).toBe(2000);
    expect(own.find(1)).toBeUndefined();
  });

  it("are counted as production without media and test ones", () => {
    const own = new Datacenters({ 2: "127.0.0.1:1000", "-2": "127.0.0.1:2000", 10002: "127.0.0.1:3000" });
    expect([...own.production.keys()]).toEqual(["127.0.0.1:1000"]);
    expect([...known.production.values()].map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 203]);
  });

  it("refuse an address without a port", () => {
    expect(() => new Datacenters({ 2: "127.0.0.1" })).toThrow(AppError);
  });
});
