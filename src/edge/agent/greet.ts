import { connect } from "node:net";
import type { AgentCondition } from "../../domain/agent.ts";
import { MAX_FRAME_SIZE } from "../spop/agent-session.ts";
import { decodeFrame, frameType } from "../spop/frame.ts";
import { FrameSplitter } from "../spop/frame-splitter.ts";
import { encodeHaproxyHello } from "../spop/messages.ts";

/** As long as HAProxy itself waits for a hello. */
const TIMEOUT_MS = 500;

/** Greets an agent as HAProxy's health check does: whether it answers, and not only whether somebody listens. */
export function greetAgent(path: string, timeoutMs = TIMEOUT_MS): Promise<AgentCondition> {
  return new Promise((found) => {
    const socket = connect(path);
    const frames = new FrameSplitter(MAX_FRAME_SIZE);
    let isConnected = false;
    const end = (condition: AgentCondition): void => {
      clearTimeout(timer);
      socket.destroy();
      found(condition);
    };
    const timer = setTimeout(() => end("silent"), timeoutMs);
    socket.on("connect", () => {
      isConnected = true;
      socket.write(encodeHaproxyHello({ maxFrameSize: MAX_FRAME_SIZE, healthcheck: true }));
    });
    socket.on("data", (chunk) => {
      if (greets(frames, chunk)) end("answers");
    });
    // EAGAIN: so many wait to be taken that nobody takes them (unix(7)).
    socket.on("error", ({ code }: NodeJS.ErrnoException) => end(isConnected || code === "EAGAIN" ? "silent" : "gone"));
    socket.on("close", () => end("silent"));
  });
}

function greets(frames: FrameSplitter, chunk: Uint8Array): boolean {
  try {
    return [...frames.push(chunk)].some((frame) => decodeFrame(frame).type === frameType.agentHello);
  } catch {
    return false;
  }
}
