import { decodeFrame, type Frame, frameType } from "./frame.ts";
import { FrameSplitter } from "./frame-splitter.ts";
import {
  type Action,
  encodeAck,
  encodeAgentHello,
  encodeDisconnect,
  type Message,
  readDisconnect,
  readHaproxyHello,
  readMessages,
} from "./messages.ts";
import { invalidFrame, SpopError, type SpopStatus, spopStatus } from "./spop-error.ts";

/** Smallest frame size that HAProxy offers (its tune.bufsize is at least 1 kB), and the largest taken: a whole hello is 4 kB. */
const MIN_FRAME_SIZE = 256;
export const MAX_FRAME_SIZE = 65_536;

/** The transport under a session. */
export interface Wire {
  /** Sends bytes. */
  write(bytes: Uint8Array): void;
  /** Sends what is left and closes. Called once; nothing is written after it. */
  end(): void;
}

/** Answers the messages of one NOTIFY frame, at once or later; answers may come in any order. */
export type Answer = (messages: readonly Message[]) => readonly Action[] | Promise<readonly Action[]>;

/**
 * The agent's side of one SPOP 2.0 connection: hand it the bytes that arrive. Pipelining and answers out of order are offered;
 * fragmentation is not, nor are answers on another connection (`async`): HAProxy would go on waiting for those of one that is closed.
 * A peer that breaks the protocol gets a DISCONNECT frame with the reason and is closed; nothing throws.
 */
export class AgentSession {
  readonly #wire: Wire;
  readonly #answer: Answer;
  readonly #frames = new FrameSplitter(MAX_FRAME_SIZE);
  #state: "hello" | "open" | "closed" = "hello";
  #pending = 0;
  /** Why it was closed, for a log; undefined while it is open and after a normal end. */
  fault: string | undefined;

  constructor(wire: Wire, answer: Answer) {
    this.#wire = wire;
    this.#answer = answer;
  }

  /** Messages that were not answered yet. */
  get pending(): number {
    return this.#pending;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  receive(chunk: Uint8Array): void {
    try {
      for (const bytes of this.#frames.push(chunk)) {
        if (this.#state === "closed") return;
        this.#take(decodeFrame(bytes));
      }
    } catch (error) {
      if (!(error instanceof SpopError)) throw error;
      this.#close(error.status, error.message);
    }
  }

  /** Tells HAProxy that this agent goes away, so that it asks another one. */
  leave(): void {
    this.#close(spopStatus.normal, "the agent ends");
  }

  #take(frame: Frame): void {
    if (frame.type === frameType.haproxyDisconnect) this.#beLeft(frame);
    else if (this.#state === "hello" && frame.type === frameType.haproxyHello) this.#greet(frame);
    else if (this.#state === "open" && frame.type === frameType.notify) this.#reply(frame);
    else throw invalidFrame(`a frame of type ${frame.type} does not belong here`);
  }

  #greet({ payload, streamId, frameId }: Frame): void {
    if (streamId !== 0 || frameId !== 0) throw invalidFrame("a hello has no stream");
    const hello = readHaproxyHello(payload);
    if (!hello.versions.some(([major]) => major === 2))
      throw new SpopError(spopStatus.unsupportedVersion, "only SPOP 2.0 is supported");
    if (hello.maxFrameSize < MIN_FRAME_SIZE)
      throw new SpopError(spopStatus.badMaxFrameSize, "the frame size is too small");
    const maxFrameSize = Math.min(hello.maxFrameSize, MAX_FRAME_SIZE);
    this.#frames.maxFrameSize = maxFrameSize;
    const capabilities = ["pipelining"].filter((name) => hello.capabilities.includes(name));
    this.#wire.write(encodeAgentHello({ version: "2.0", maxFrameSize, capabilities }));
    this.#state = "open";
    if (hello.healthcheck) this.#end();
  }

  #reply(frame: Frame): void {
    const answer = this.#answer(readMessages(frame.payload));
    if (answer instanceof Promise) void this.#replyLater(frame, answer);
    else this.#acknowledge(frame, answer);
  }

  /** An answer that fails is an answer without actions: HAProxy need not wait for its time-out. */
  async #replyLater(frame: Frame, answer: Promise<readonly Action[]>): Promise<void> {
    this.#pending += 1;
    const actions = await answer.catch(() => []);
    this.#pending -= 1;
    this.#acknowledge(frame, actions);
  }

  #acknowledge(frame: Frame, actions: readonly Action[]): void {
    if (this.#state === "open") this.#wire.write(encodeAck(frame, actions));
  }

  /** HAProxy waits for our own DISCONNECT, and tells in its one why it goes. */
  #beLeft({ payload }: Frame): void {
    const { status, message } = readDisconnect(payload);
    if (status !== spopStatus.normal) this.fault = `HAProxy left: ${message}`;
    this.#close(spopStatus.normal, "goodbye");
  }

  #close(status: SpopStatus, message: string): void {
    if (this.#state === "closed") return;
    if (status !== spopStatus.normal) this.fault = message;
    this.#wire.write(encodeDisconnect(status, message));
    this.#end();
  }

  #end(): void {
    this.#state = "closed";
    this.#wire.end();
  }
}
