import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4, isIPv6 } from "node:net";
import { onTestFinished } from "vitest";

export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Names that were asked for. */
  readonly questions: readonly string[];
}

/**
 * A DNS server on loopback that ends with the test. Knows addresses by name and denies every other name; `"silent"` takes
 * questions and never answers.
 */
export async function startDns(names: Readonly<Record<string, readonly string[]>> | "silent"): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", (query, { port, address }) => {
    const question = readQuestion(query);
    questions.push(question.name);
    if (names !== "silent") socket.send(answer(query, question, names[question.name]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, questions };
}

interface Question {
  readonly name: string;
  /** 1 = A, 28 = AAAA. */
  readonly type: number;
  /** Offset behind the question in the message. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(
      query
        .subarray(at + 1, at + 1 + length)
        .toString("latin1")
        .toLowerCase(),
    );
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** RFC 1035 §4.1: header, the question as it came, one record an address. */
function answer(query: Buffer, { type, end }: Question, addresses: readonly string[] | undefined): Buffer {
  const isAsked = type === 1 ? isIPv4 : type === 28 ? isIPv6 : () => false;
  const records = (addresses ?? []).filter((address) => isAsked(address));
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(addresses === undefined ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(records.length, 6);
  header.fill(0, 8);
  return Buffer.concat([header, query.subarray(12, end), ...records.map(addressRecord)]);
}

function addressRecord(address: string): Buffer {
  const [type, bytes] = isIPv4(address) ? [1, address.split(".").map(Number)] : [28, ipv6Bytes(address)];
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]);
}

function ipv6Bytes(address: string): number[] {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) =>
    text.split(":").flatMap((group) => (group === "" ? [] : [Number.parseInt(group, 16)]));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return [...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]);
}
