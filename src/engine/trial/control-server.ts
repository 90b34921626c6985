import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { AppError } from "../../domain/errors.ts";
import { type ControlAnswers, type ControlCommand, type ControlReply, controlCommands } from "./control-protocol.ts";
import type { RunFolder } from "./run-folder.ts";

export type ControlHandlers = { readonly [C in ControlCommand]: () => Promise<ControlAnswers[C]> };

const MAX_QUESTION_BYTES = 1_024;
const QUESTION_MS = 5_000;

/**
 * Answers questions on the run folder's socket, which only its owner can open. What a killed server left in its place is removed:
 * the caller holds the lock.
 */
export function openControl(folder: RunFolder, handlers: ControlHandlers): Promise<Server> {
  rmSync(folder.socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => answer(socket, handlers));
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen({ path: folder.socketPath }, () => {
      chmodSync(folder.socketPath, 0o600);
      resolve(server);
    });
  });
}

function answer(socket: Socket, handlers: ControlHandlers): void {
  let question = "";
  socket.on("error", () => {});
  socket.setTimeout(QUESTION_MS, () => socket.destroy());
  socket.setEncoding("utf8");
  socket.on("data", (part: string) => {
    question += part;
    if (question.length > MAX_QUESTION_BYTES) socket.destroy();
    if (!question.includes("\n")) return;
    socket.pause().setTimeout(0);
    void reply(question, handlers).then((result) => socket.end(`${JSON.stringify(result)}\n`));
  });
}

async function reply(question: string, handlers: ControlHandlers): Promise<ControlReply<unknown>> {
  try {
    return { ok: true, data: await handlers[parseQuestion(question)]() };
  } catch (error) {
    const { kind, message, hint } = error instanceof AppError ? error : new AppError("bug", String(error));
    return { ok: false, error: { kind, message, ...(hint === undefined ? {} : { hint }) } };
  }
}

function parseQuestion(question: string): ControlCommand {
  const { command } = JSON.parse(question);
  const known = controlCommands.find((name) => name === command);
  if (known === undefined) throw new AppError("usage", "the trial server does not know this command");
  return known;
}
