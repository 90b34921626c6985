import { rename, rm, stat } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as laterTurn, setTimeout as sleep } from "node:timers/promises";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { AgentSession, type Answer } from "../spop/agent-session.ts";
import { watchName } from "./watch-name.ts";

/** HAProxy opens one for each stream that finds no idle one. Each holds one frame at most. */
const MAX_CONNECTIONS = 1024;
/** HAProxy gives an answer up after 700 ms. */
const LAST_ANSWERS_MS = 700;
/** For HAProxy to close one connection, and all of them; a stopped one never does. */
const CLOSING_MS = 100;
const GOODBYE_MS = 1000;

export interface AgentServer {
  readonly connections: number;
  /** Settles when another process has the socket's name; rejects with AppError environment when the name is gone. */
  readonly replaced: Promise<void>;
  /** Answers what was asked, tells every HAProxy to ask another agent, and ends. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly answer: Answer;
  /** Why HAProxy was sent away, or what broke; without keys. */
  readonly onFault: (what: string) => void;
}

/**
 * Answers HAProxy at a unix socket, which its group may use. The socket appears under its name when it has its rights and answers: what
 * stood there before is replaced in one step, so that HAProxy never finds a door that is not open.
 */
export async function serveAgent(path: string, { answer, onFault }: ServeOptions): Promise<AgentServer> {
  const sessions = new Map<Socket, AgentSession>();
  const server = createServer((socket) => {
    const session = openSession(socket, answer);
    sessions.set(socket, session);
    socket.on("error", (error) => onFault(error.message));
    socket.on("close", () => {
      sessions.delete(socket);
      if (session.fault !== undefined) onFault(session.fault);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("error", (error) => onFault(error.message));
  const place = guardPlace(path, await listen(server, path));
  return {
    get connections() {
      return sessions.size;
    },
    replaced: place.replaced,
    close: async () => {
      place.close();
      await leave(server, sessions);
    },
  };
}

/** Whoever asks and does not read the answers is not asked to go on: nothing piles up. */
function openSession(socket: Socket, answer: Answer): AgentSession {
  const wire = { write: (bytes: Uint8Array) => void socket.write(bytes), end: () => void socket.end() };
  const session = new AgentSession(wire, answer);
  socket.on("data", (chunk) => {
    session.receive(chunk);
    if (socket.writableNeedDrain) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  return session;
}

/**
 * One connection after the other: a question that came too late for its connection is asked again on another one, which must not be
 * closing as well.
 */
async function leave(server: Server, sessions: ReadonlyMap<Socket, AgentSession>): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  const until = performance.now() + GOODBYE_MS;
  for (const [socket, session] of sessions) {
    if (performance.now() > until) break;
    await leaveSession(socket, session);
  }
  for (const socket of sessions.keys()) socket.destroy();
  await closed;
}

/** In a moment when HAProxy waits for nothing on it, and until HAProxy has closed it. */
async function leaveSession(socket: Socket, session: AgentSession): Promise<void> {
  const until = performance.now() + LAST_ANSWERS_MS;
  // What came while this waited for its turn is read, and answered, first.
  await laterTurn();
  while (session.pending > 0 && performance.now() < until) await sleep(1);
  session.leave();
  const closed = new Promise((done) => socket.once("close", done));
  if (!socket.closed) await Promise.race([closed, sleep(CLOSING_MS, undefined, { ref: false })]);
}

/** @returns the inode of the socket */
async function listen(server: Server, path: string): Promise<bigint> {
  const first = `${path}.${process.pid}`;
  await rm(first, { force: true });
  const before = process.umask(0o117);
  await new Promise<void>((ready, fail) => {
    server.once("error", fail).listen(first, ready);
    process.umask(before);
  });
  const inode = await inodeOf(first);
  await rename(first, path);
  return inode;
}

/** A process that takes over makes a door of its own under the same name. */
function guardPlace(path: string, own: bigint): { replaced: Promise<void>; close(): void } {
  let watching: { close(): void } | undefined;
  const replaced = new Promise<void>((yes, gone) => {
    const look = async (): Promise<void> => {
      try {
        if ((await inodeOf(path)) !== own) yes();
      } catch (error) {
        gone(new AppError("environment", `the agent's socket is gone: ${wordsOf(error)}`, { hint: "start it again" }));
      }
    };
    watching = watchName(path, () => void look());
  });
  // Who does not wait for it has another reason to end.
  replaced.catch(() => {});
  return { replaced, close: () => watching?.close() };
}

async function inodeOf(path: string): Promise<bigint> {
  return (await stat(path, { bigint: true })).ino;
}
