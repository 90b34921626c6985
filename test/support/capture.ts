import { createInterface } from "node:readline";
import { execa } from "execa";

/** What tshark reads a packet as; empty where it has no such field. */
export interface TlsPacket {
  /** 22 handshake, 20 change cipher spec, 23 application data; several in one packet. */
  readonly records: string;
  /** 1 ClientHello, 2 ServerHello. */
  readonly handshakes: string;
  readonly serverName: string;
}

const FIELDS = ["tls.record.content_type", "tls.handshake.type", "tls.handshake.extensions_server_name"];

/**
 * Captures a port of the loopback interface, repeats `session` until what tshark read of it is enough, and gives that. It takes
 * root. The first session may be over before the capture begins, hence the repetition.
 */
export async function captureTls(
  port: number,
  session: () => Promise<unknown>,
  isEnough: (packets: readonly TlsPacket[]) => boolean,
): Promise<TlsPacket[]> {
  const packets: TlsPacket[] = [];
  const given = ["-i", "lo", "-f", `tcp port ${port}`, "-d", `tcp.port==${port},tls`, "-Y", "tls", "-l", "-n"];
  const tshark = execa("tshark", [...given, "-T", "fields", ...FIELDS.flatMap((field) => ["-e", field])], {
    reject: false,
    buffer: false,
  });
  createInterface(tshark.stdout).on("line", (line) => {
    const [records = "", handshakes = "", serverName = ""] = line.split("\t");
    packets.push({ records, handshakes, serverName });
  });
  try {
    for (let attempt = 0; attempt < 20 && !isEnough(packets); attempt++) {
      await session();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    tshark.kill("SIGINT");
    await tshark;
  }
  return packets;
}
