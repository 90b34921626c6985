import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildClientHello, buildGroupHello } from "../../../src/protocol/client-hello.ts";
import { readCoverAnswer } from "../../../src/protocol/cover-answer.ts";
import { readClientHello } from "../../../src/protocol/hello-identity.ts";
import { buildServerAnswer } from "../../../src/protocol/server-hello.ts";
import { coverDomain, startCoverSite } from "../../support/cover-site.ts";
import { numberedKey } from "../../support/domain.ts";

const key = numberedKey(1);
const { record } = buildClientHello({ size: "short", domain: coverDomain, key, unixTime: 0 });
const sessionId = record.subarray(44, 76);

/** What our own server says, which is what the C proxy says. */
function answerOf(recordBytes: number): Uint8Array {
  const hello = readClientHello(record);
  if (hello === undefined) throw new Error("our own hello can be read");
  return buildServerAnswer(hello, key, recordBytes);
}

describe("an answer that the proxy can imitate", () => {
  it("is complete with its first encrypted record, and counts those that follow", () => {
    const answer = answerOf(1500);
    expect(readCoverAnswer(answer, sessionId)).toEqual({ state: "complete", records: [1500] });
    const more = Buffer.concat([answer, Buffer.from("1703030003aabbcc", "hex"), Buffer.from("1703030010aa", "hex")]);
    expect(readCoverAnswer(more, sessionId)).toEqual({ state: "complete", records: [1500, 3] });
  });

  it("is incomplete at every cut before that", () => {
    const answer = answerOf(300);
    for (let length = 0; length < answer.length; length++)
      expect([length, readCoverAnswer(answer.subarray(0, length), sessionId)]).toEqual([
        length,
        { state: "incomplete" },
      ]);
  });

  it("is none for another session id, and none with another cipher", () => {
    const answer = answerOf(300);
    expect(readCoverAnswer(answer, Buffer.alloc(32))).toEqual({ state: "refused", fault: "tls-1.2" });
    const other = Buffer.from(answer);
    other[77] = 2;
    expect(readCoverAnswer(other, sessionId)).toEqual({ state: "refused", fault: "cipher", code: 0x1302 });
  });
});

it("any bytes get a verdict, also those that begin well", () => {
  const start = Buffer.from(answerOf(40));
  const spoiled = fc
    .tuple(fc.nat(start.length), fc.uint8Array({ maxLength: 200 }))
    .map(([at, rest]) => Buffer.concat([start.subarray(0, at), rest]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), spoiled), (bytes) => {
      expect(["incomplete", "refused", "complete"]).toContain(readCoverAnswer(bytes, sessionId).state);
    }),
    { numRuns: 2000 },
  );
});

describe("a hello that offers one group and no key", () => {
  /** What OpenSSL answers that has P-384 only. */
  async function ask(group: number) {
    const site = await startCoverSite({ tls: { ecdhCurve: "secp384r1" } });
    onTestFinished(() => site.close());
    const hello = buildGroupHello(coverDomain, group);
    const socket = connect(site.port, site.host);
    onTestFinished(() => void socket.destroy());
    socket.write(hello);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return readCoverAnswer(answer, hello.subarray(44, 76));
  }

  it("makes a real server that has the group ask for a key", async () => {
    expect(await ask(0x0018)).toEqual({ state: "refused", fault: "hello-retry", code: 0x0018 });
  });

  it("is refused by a real server that does not have it", async () => {
    expect(await ask(0x11ec)).toEqual({ state: "refused", fault: "alert", code: 40 });
  });
});
