import { connect } from "node:net";

/** The page as it is: key → value. */
export type Stats = Readonly<Record<string, string>>;

/** @throws Error unless the page comes */
export async function readStats(port: number): Promise<Stats> {
  const { status, body } = await request(port, "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n");
  if (status !== 200) throw new Error(`/stats answers ${status}`);
  return Object.fromEntries(statsLines(body));
}

export function statsLines(body: string): [string, string][] {
  const lines = body.trimEnd().split("\n");
  return lines.map((line) => {
    const [key = "", ...values] = line.split("\t");
    return [key, values.join("\t")];
  });
}

export interface Reply {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes and reads until the other side closes. `from` is the address to come from. */
export function request(port: number, text: string, from?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect({ port, host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) });
    socket.setTimeout(5000, () => socket.destroy(new Error("no answer in 5 s")));
    socket.on("connect", () => socket.write(text));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(parse(received)));
  });
}

function parse(text: string): Reply {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body: rest.join("\r\n\r\n") };
}
