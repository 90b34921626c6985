import { createRequire } from "node:module";
import { resolve } from "node:path";
import CliTable from "cli-table3";
import fc from "fast-check";
import { expect, test } from "vitest";

const Shipped: typeof CliTable = createRequire(import.meta.url)(
  resolve(import.meta.dirname, "../../dist/vendor/cli-table3.cjs"),
);

const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."az AZ09._-✓✗…─│@") }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("家族", "👨‍👩‍👧", "é", "\x1b[32m✓\x1b[39m", ""),
);

test("the table library that is shipped draws what the original draws, whatever is in the cells", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
      const drawn = [CliTable, Shipped].map((Table) => {
        const table = new Table({ head: ["Name", "State"] });
        table.push(...rows.map((row) => [...row]));
        return table.toString();
      });
      expect(drawn[1]).toBe(drawn[0]);
    }),
  );
});
