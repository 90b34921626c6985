import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { AppError } from "../../domain/errors.ts";
import type { ControlAnswers, ControlCommand, ControlReply } from "./control-protocol.ts";
import { RunFolder } from "./run-folder.ts";

/**
 * Asks the background server of a home.
 * @param run the home's run folder
 * @returns undefined when no server runs there
 * @throws AppError engine when it does not answer in time, or what it answered with
 */
export async function askServer<C extends ControlCommand>(
  run: string,
  command: C,
  timeoutMs = 5_000,
): Promise<ControlAnswers[C] | undefined> {
  const line = await converse(run, command, timeoutMs);
  return line === undefined ? undefined : unwrap<ControlAnswers[C]>(line);
}

async function converse(run: string, command: ControlCommand, timeoutMs: number): Promise<string | undefined> {
  const folder = openFolder(run);
  if (folder === undefined) return undefined;
  const socket = createConnection({ path: folder.socketPath });
  const timer = setTimeout(() => socket.destroy(noAnswer()), timeoutMs);
  try {
    socket.write(`${JSON.stringify({ command })}\n`);
    return await text(socket);
  } catch (error) {
    if (isNobodyThere(error)) return undefined;
    if (hasCode(error, "EACCES")) throw notOurs(run, error);
    throw error instanceof AppError ? error : noAnswer(error);
  } finally {
    clearTimeout(timer);
    socket.destroy();
    folder.close();
  }
}

function openFolder(run: string): RunFolder | undefined {
  try {
    return new RunFolder(run);
  } catch (error) {
    if (isNobodyThere(error)) return undefined;
    throw notOurs(run, error);
  }
}

function notOurs(run: string, cause: unknown): AppError {
  return new AppError("environment", `the trial server cannot be asked: ${String(cause)}`, {
    hint: `run this as the user to whom ${run} belongs`,
    cause,
  });
}

/** No folder, no socket in it, or a socket that a killed server left. */
function isNobodyThere(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ECONNREFUSED");
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

function unwrap<T>(line: string): T {
  const reply = parseReply<T>(line);
  if (reply.ok) return reply.data;
  const { kind, message, hint } = reply.error;
  throw new AppError(kind, message, hint === undefined ? {} : { hint });
}

function parseReply<T>(line: string): ControlReply<T> {
  try {
    return JSON.parse(line);
  } catch {
    throw noAnswer();
  }
}

function noAnswer(cause?: unknown): AppError {
  return new AppError("engine", "the trial server runs but does not answer", {
    hint: "mtproxy restart ends it and starts another; what it said last is in the home's logs/mtproxy",
    cause,
  });
}
