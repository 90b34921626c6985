import { connect } from "node:net";
import { AppError, wordsOf } from "../../domain/errors.ts";

const TIMEOUT_MS = 3000;
/** 100,000 connections are 30 MB. */
const LARGEST_ANSWER = 256 * 1024 * 1024;
/** To a wrong pid the master of 3.0 answers and forgets to hang up. */
const UNFINISHED = /^Can't find the target [^\n]+\n?$/;

/**
 * What HAProxy answers to one command at a socket, without blanks around it.
 * @throws AppError engine when nobody is there, or it takes too long
 */
export function askHaproxy(path: string, command: string, timeoutMs = TIMEOUT_MS): Promise<string> {
  checkCommand(command);
  return new Promise((answered, failed) => {
    const fail = (why: string): void => {
      socket.destroy();
      failed(new AppError("engine", `HAProxy does not answer at ${path}: ${why}`, { hint: "mtproxy status" }));
    };
    const socket = connect(path);
    const timer = setTimeout(() => fail(`nothing within ${timeoutMs} ms`), timeoutMs);
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      answered(Buffer.concat(chunks).toString("utf8").trim());
    };
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_ANSWER) fail(`more than ${LARGEST_ANSWER} bytes`);
      if (size < 200 && UNFINISHED.test(Buffer.concat(chunks).toString("utf8"))) finish();
    });
    socket.on("end", finish);
    socket.on("error", (error) => {
      clearTimeout(timer);
      fail(wordsOf(error));
    });
    socket.end(`${command}\n`);
  });
}

/** One command: what would begin another one, or a payload, never comes from a name. */
function checkCommand(command: string): void {
  if (/^[ -:=-~]+$/.test(command) && !command.includes("\\")) return;
  throw new AppError("bug", "a command to HAProxy has a character that it cannot have");
}
