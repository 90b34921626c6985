import { connect } from "node:net";

/** What somebody who looks at a site from outside can measure, milliseconds since the connection was made. */
export interface Timing {
  /** Absent when nothing was ever said. */
  readonly firstByte?: number;
  readonly close: number;
  /** How the other side ended the connection. */
  readonly end: "fin" | "reset";
  /** First line of the answer. */
  readonly answer: string;
}

/** Sends these bytes, says no more, and waits until the other side ends the connection. */
export function timeOf(place: { readonly host: string; readonly port: number }, bytes: Uint8Array): Promise<Timing> {
  return new Promise((done) => {
    const socket = connect(place);
    let [started, firstByte, text] = [0, undefined as number | undefined, ""];
    const finish = (end: Timing["end"]): void => {
      const close = performance.now() - started;
      socket.destroy();
      done({ ...(firstByte === undefined ? {} : { firstByte }), close, end, answer: text.split("\r\n")[0] ?? "" });
    };
    socket.setEncoding("latin1");
    socket.once("connect", () => {
      started = performance.now();
      if (bytes.length > 0) socket.write(bytes);
    });
    socket.on("data", (chunk) => {
      firstByte ??= performance.now() - started;
      text += chunk;
    });
    socket.on("error", () => finish("reset"));
    socket.on("end", () => finish("fin"));
  });
}
