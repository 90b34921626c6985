import { openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flock } from "../../src/host/flock.ts";
import { sweepKilledHomes } from "./docker-image.ts";

/** One file of docker tests at a time: the product's containers have their names for themselves. The turn ends with the process. */
const LONGEST_MS = 3_600_000;
if (!(await flock(openSync(join(tmpdir(), "mtproxy-docker-tests.lock"), "w"), LONGEST_MS)))
  throw new Error("other docker tests did not end within an hour");
await sweepKilledHomes();
