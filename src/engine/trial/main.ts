import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { AppError } from "../../domain/errors.ts";
import { Background } from "./background.ts";
import { BoundedLog } from "./bounded-log.ts";
import type { ControlError } from "./control-protocol.ts";
import { RunFolder } from "./run-folder.ts";
import { becomeOnlyInstance } from "./single-instance.ts";

/**
 * The background server's process. Its arguments are paths: `--config` the rendered trial.json, `--run` the run folder, `--log` the
 * file that stderr leads to. The parent, when there is one, is told over the IPC channel how the start went.
 */
async function main(): Promise<void> {
  process.umask(0o077);
  const { config, run, log: logPath } = readArguments();
  const log = new BoundedLog(process.stderr.fd, logPath);
  try {
    mkdirSync(run, { recursive: true });
    const folder = new RunFolder(run);
    becomeOnlyInstance(folder);
    const background = await Background.start({ configPath: config, folder, log });
    listenToSignals(background);
    tellParent({ started: true }, () => process.disconnect());
  } catch (error) {
    const fault = describe(error);
    log.write(`not started: ${fault.message}`);
    const code = error instanceof AppError ? error.exitCode : 1;
    tellParent({ started: false, error: fault }, () => process.exit(code));
  }
}

/** What the parent hears. */
export type StartReport = { readonly started: true } | { readonly started: false; readonly error: ControlError };

function readArguments(): { config: string; run: string; log?: string } {
  const text = { type: "string" } as const;
  const { config, run, log } = parseArgs({ options: { config: text, run: text, log: text } }).values;
  if (config === undefined || run === undefined)
    throw new AppError("usage", "--config FILE and --run FOLDER are needed");
  return log === undefined ? { config, run } : { config, run, log };
}

function listenToSignals(background: Background): void {
  process.on("SIGTERM", () => void background.stop());
  process.on("SIGINT", () => void background.stop());
  process.on("SIGHUP", () => void background.reload().catch(() => {}));
}

function tellParent(report: StartReport, then: () => void): void {
  if (process.connected) process.send?.(report, then);
  else if (!report.started) then();
}

function describe(error: unknown): ControlError {
  if (!(error instanceof AppError)) return { kind: "bug", message: String(error) };
  const { kind, message, hint } = error;
  return hint === undefined ? { kind, message } : { kind, message, hint };
}

void main();
