import { rename, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { AgentSession, type Answer } from "../spop/agent-session.ts";

export interface AgentServer {
  readonly connections: number;
  /** Tells every HAProxy to ask another agent, and ends. */
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
    const session = new AgentSession(
      { write: (bytes) => void socket.write(bytes), end: () => void socket.end() },
      answer,
    );
    sessions.set(socket, session);
    socket.on("data", (chunk) => session.receive(chunk));
    socket.on("error", (error) => onFault(error.message));
    socket.on("close", () => {
      sessions.delete(socket);
      if (session.fault !== undefined) onFault(session.fault);
    });
  });
  await listen(server, path);
  return {
    get connections() {
      return sessions.size;
    },
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const session of sessions.values()) session.leave();
      await closed;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const first = `${path}.${process.pid}`;
  await rm(first, { force: true });
  const before = process.umask(0o117);
  await new Promise<void>((ready, fail) => {
    server.once("error", fail).listen(first, ready);
    process.umask(before);
  });
  await rename(first, path);
}
