import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberedKey } from "../../support/domain.ts";
import { KeyScan } from "../../support/key-scan.ts";

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const bytes = fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some));

describe("the search for keys", () => {
  it("finds a key wherever it stands in hex, base64 or base64url", () => {
    fc.assert(
      fc.property(key, bytes, bytes, (digits, before, after) => {
        const whole = Buffer.concat([before, digits, after]);
        const scan = new KeyScan([digits.toString("hex")]);
        for (const encoding of ["hex", "base64", "base64url"] as const)
          expect(scan.findIn(`x ${whole.toString(encoding)} x`)).not.toEqual([]);
        expect(scan.findIn(whole.toString("hex").toUpperCase())).not.toEqual([]);
      }),
    );
  });

  it("finds nothing where the key is not", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (one, other) => {
        fc.pre(one !== other);
        const [sought, shown] = [numberedKey(one).reveal(), numberedKey(other).reveal()];
        const scan = new KeyScan([sought]);
        expect(scan.findIn(`dd${shown} ${Buffer.from(shown, "hex").toString("base64")}`)).toEqual([]);
        expect(scan.findIn(`dd${sought.slice(0, 4)}...${sought.slice(-4)}`)).toEqual([]);
      }),
    );
  });
});
