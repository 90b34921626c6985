import { connect, type Socket } from "node:net";
import type { Key } from "../src/domain/key.ts";
import { encodeFrame, FrameDecoder } from "../src/protocol/framing.ts";
import { type ObfuscatedSession, startObfuscated } from "../src/protocol/obfuscated2.ts";
import { bulkRequest } from "../test/support/telegram/answers.ts";

/** One padded client that asks and waits: with a key through a proxy, without one straight to a datacenter. */
export class BenchClient {
  readonly #socket: Socket;
  readonly #session: ObfuscatedSession;
  readonly #frames: FrameDecoder;
  #answered: ((bytes: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, session: ObfuscatedSession) {
    this.#socket = socket;
    this.#session = session;
    this.#frames = new FrameDecoder(session.transport);
    socket.on("data", (chunk) => {
      for (const frame of this.#frames.push(session.decrypt(chunk))) this.#answered?.(frame.length);
    });
    socket.on("close", () => this.#failed?.(new Error("the connection was closed")));
    socket.on("error", () => {});
  }

  static async open(port: number, key?: Key): Promise<BenchClient> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await new Promise<void>((ready, fail) => socket.once("connect", ready).once("error", fail));
    const { header, session } = startObfuscated({
      transport: "padded",
      datacenter: 2,
      ...(key === undefined ? {} : { key }),
    });
    socket.write(header);
    return new BenchClient(socket, session);
  }

  /** Asks for so many bytes and gives what came, once it is whole. */
  ask(answerBytes: number): Promise<number> {
    return new Promise((answered, failed) => {
      this.#answered = answered;
      this.#failed = failed;
      this.#socket.write(this.#session.encrypt(encodeFrame("padded", bulkRequest(answerBytes))));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
