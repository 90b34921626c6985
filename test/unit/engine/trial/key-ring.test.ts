import { describe, expect, it } from "vitest";
import type { Key } from "../../../../src/domain/key.ts";
import { KeyRing } from "../../../../src/engine/trial/key-ring.ts";
import { numberedKey } from "../../../support/domain.ts";

const live = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ key: numberedKey(at), holder: `user${at}` }));

/** Looks for one key and counts the keys that were tried. */
function lookFor(wanted: Key) {
  const search = {
    tried: 0,
    match: (keys: readonly Key[]): { key: Key } | undefined => {
      const at = keys.findIndex((key) => key.equals(wanted));
      search.tried += at < 0 ? keys.length : at + 1;
      const key = keys[at];
      return key === undefined ? undefined : { key };
    },
  };
  return search;
}

describe("the key ring", () => {
  it("finds a key among a thousand, and at once when it was used from the same address before", async () => {
    const ring = new KeyRing(live(1000));
    const [first, again, elsewhere] = [900, 900, 900].map((number) => lookFor(numberedKey(number)));
    expect((await ring.find("192.0.2.1", first?.match ?? (() => undefined)))?.key.equals(numberedKey(900))).toBe(true);
    await ring.find("192.0.2.1", again?.match ?? (() => undefined));
    await ring.find("192.0.2.2", elsewhere?.match ?? (() => undefined));
    expect([first?.tried, again?.tried, elsewhere?.tried]).toEqual([901, 1, 901]);
  });

  it("knows several people behind one address, the latest first", async () => {
    const ring = new KeyRing(live(1000));
    for (const number of [700, 800]) await ring.find("192.0.2.1", lookFor(numberedKey(number)).match);
    const [older, newer] = [lookFor(numberedKey(700)), lookFor(numberedKey(800))];
    await ring.find("192.0.2.1", newer.match);
    await ring.find("192.0.2.1", older.match);
    expect([newer.tried, older.tried]).toEqual([1, 2]);
  });

  it("finds nothing for an unknown key after trying each once", async () => {
    const search = lookFor(numberedKey(5000));
    expect(await new KeyRing(live(300)).find("192.0.2.1", search.match)).toBeUndefined();
    expect(search.tried).toBe(300);
  });

  it("does not find a key that is taken away while it is looked for", async () => {
    const ring = new KeyRing(live(1000));
    const found = ring.find("192.0.2.1", lookFor(numberedKey(900)).match);
    ring.replace(live(10));
    expect(await found).toBeUndefined();
    expect(ring.get(numberedKey(900))).toBeUndefined();
    expect(ring.get(numberedKey(9))?.holder).toBe("user9");
  });

  it("forgets that an address used a key that is gone", async () => {
    const ring = new KeyRing(live(1000));
    await ring.find("192.0.2.1", lookFor(numberedKey(900)).match);
    ring.replace(live(10));
    const search = lookFor(numberedKey(900));
    expect(await ring.find("192.0.2.1", search.match)).toBeUndefined();
    expect(search.tried).toBe(10);
  });

  it("searches for one stranger at a time, lets other work go on, and gives up on those who left", async () => {
    const ring = new KeyRing(live(1000));
    let running = 0;
    let most = 0;
    let turns = 0;
    const counter = setInterval(() => turns++, 0);
    const slowly = (keys: readonly Key[]): undefined => {
      if (keys.length === 0) return;
      running += 1;
      most = Math.max(most, running);
      const end = performance.now() + 2;
      while (performance.now() < end);
      running -= 1;
    };
    let abandoned = 0;
    await Promise.all([
      ring.find("192.0.2.1", slowly),
      ring.find("192.0.2.2", slowly),
      ring.find(
        "192.0.2.3",
        (keys) => {
          abandoned += keys.length;
          return undefined;
        },
        () => false,
      ),
    ]);
    clearInterval(counter);
    expect([most, abandoned]).toEqual([1, 0]);
    expect(turns).toBeGreaterThan(5);
  });

  it("serves first who came last, among those who wait", async () => {
    const ring = new KeyRing(live(300));
    const order: string[] = [];
    const search = (name: string) => ring.find(name, () => undefined).then(() => order.push(name));
    await Promise.all(["first", "second", "third", "last"].map(search));
    expect(order).toEqual(["first", "last", "third", "second"]);
    expect(await ring.find("later", lookFor(numberedKey(7)).match)).toBeDefined();
  });

  it("goes on after a search that failed", async () => {
    const ring = new KeyRing(live(300));
    const failing = ring.find("192.0.2.1", (keys) => {
      if (keys.length > 0) throw new Error("not the protocol");
      return undefined;
    });
    const next = ring.find("192.0.2.2", lookFor(numberedKey(7)).match);
    await expect(failing).rejects.toThrow("not the protocol");
    expect(await next).toBeDefined();
  });

  it("names each holder once", () => {
    const ring = new KeyRing([...live(2), { key: numberedKey(7), holder: "user0" }, { key: numberedKey(8) }]);
    expect(ring.holders).toEqual(["user0", "user1"]);
    expect(ring.size).toBe(4);
  });

  it("remembers a bounded number of addresses", async () => {
    const ring = new KeyRing(live(200));
    await ring.find("first", lookFor(numberedKey(199)).match);
    for (let number = 0; number < 4096; number++) await ring.find(`other ${number}`, lookFor(numberedKey(0)).match);
    const search = lookFor(numberedKey(199));
    await ring.find("first", search.match);
    expect(search.tried).toBe(200);
  });
});
