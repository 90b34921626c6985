import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { HostLoad } from "../ports.ts";

/** Free is what programs could have: memory that holds nothing but files counts as free. */
export function hostLoad(): HostLoad {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    load: [one, five, fifteen],
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    memoryFreeBytes: freemem(),
  };
}
