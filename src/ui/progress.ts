import type { Style } from "../commands/command.ts";
import type { Progress } from "../ports.ts";
import { asSaid } from "./harmless.ts";

/** Progress that also remembers what was warned of, for the JSON envelope. */
export interface RecordedProgress extends Progress {
  readonly warnings: readonly string[];
}

interface ProgressOptions {
  /** Writes one line to people. */
  line(text: string): void;
  readonly style: Style;
  readonly showsSteps: boolean;
  readonly showsWarnings: boolean;
}

/** One line a step, `✓` when it is done and `…` (a text that ends so) while it goes on. */
export function createProgress({ line, style, showsSteps, showsWarnings }: ProgressOptions): RecordedProgress {
  const warnings: string[] = [];
  return {
    warnings,
    step(text) {
      if (showsSteps) line(stepLine(text, style));
    },
    warn(text) {
      warnings.push(text);
      if (showsWarnings) line(warningLine(text, style));
    },
  };
}

export function warningLine(text: string, style: Style): string {
  return `${style.warning("!")} ${asSaid(text)}`;
}

function stepLine(text: string, style: Style): string {
  const said = asSaid(text);
  return said.endsWith("…") ? `${style.dim("…")} ${said.slice(0, -1)}` : `${style.good("✓")} ${said}`;
}
