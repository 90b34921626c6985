import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { AgentSession, type Answer, MAX_FRAME_SIZE } from "../../../../src/edge/spop/agent-session.ts";
import { encodeFrame, frameType } from "../../../../src/edge/spop/frame.ts";
import type { Action } from "../../../../src/edge/spop/messages.ts";
import { spopStatus } from "../../../../src/edge/spop/spop-error.ts";
import { agentFrames, haproxyDisconnect, haproxyHello, notify, usualHello } from "./haproxy-frames.ts";

const text = (value: string) => ({ type: "string" as const, value });
const setUser = (value: string): Action => ({ do: "set-var", scope: "session", name: "user", value: text(value) });

/** Names the stream whose address was sent. */
const echo: Answer = (messages) =>
  messages.map(({ args }) => {
    const who = args.get("who");
    return setUser(who?.type === "string" ? who.value : "?");
  });

function connect(answer: Answer = echo) {
  const sent: Uint8Array[] = [];
  let ended = false;
  const write = (bytes: Uint8Array) => {
    if (ended) throw new Error("written after the end");
    sent.push(bytes);
  };
  const session = new AgentSession({ write, end: () => (ended = true) }, answer);
  return { session, frames: () => agentFrames(Buffer.concat(sent)), hasEnded: () => ended };
}

function open(answer?: Answer) {
  const connection = connect(answer);
  connection.session.receive(haproxyHello());
  return connection;
}

const ask = (stream: number, frame: number, who: string) => notify(stream, frame, { ident: { who: text(who) } });
const answered = (stream: number, frame: number, who: string) => ({
  type: frameType.ack,
  streamId: stream,
  frameId: frame,
  payload: [[1, 1, "user", who]],
});

describe("a hello", () => {
  it("is answered with the lower frame size and what both can do", () => {
    const { frames, hasEnded } = open();
    const payload = { version: "2.0", "max-frame-size": 16_380, capabilities: "pipelining" };
    expect(frames()).toEqual([{ type: frameType.agentHello, streamId: 0, frameId: 0, payload }]);
    expect(hasEnded()).toBe(false);
  });

  it("never agrees to more than the agent's own frame size, or to fragments", () => {
    const { session, frames } = connect();
    const capabilities = text(" fragmentation , pipelining ");
    session.receive(
      haproxyHello({ ...usualHello, "max-frame-size": { type: "uint32", value: 2 ** 31 }, capabilities }),
    );
    expect(frames()[0]?.payload).toEqual({
      version: "2.0",
      "max-frame-size": MAX_FRAME_SIZE,
      capabilities: "pipelining",
    });
  });

  it("of a health check is answered, and that is all", () => {
    const { session, frames, hasEnded } = connect();
    session.receive(haproxyHello({ ...usualHello, healthcheck: { type: "boolean", value: true } }));
    expect(frames().map(({ type }) => type)).toEqual([frameType.agentHello]);
    expect(hasEnded()).toBe(true);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(usualHello).filter(([key]) => key !== name));
  it.each([
    ["without versions", without("supported-versions"), spopStatus.noVersion],
    ["without a frame size", without("max-frame-size"), spopStatus.noMaxFrameSize],
    ["without capabilities", without("capabilities"), spopStatus.noCapabilities],
    [
      "of another major version",
      { ...usualHello, "supported-versions": text("1.0, 3.1") },
      spopStatus.unsupportedVersion,
    ],
    ["whose version is none", { ...usualHello, "supported-versions": text("two") }, spopStatus.unsupportedVersion],
    [
      "with a tiny frame size",
      { ...usualHello, "max-frame-size": { type: "uint32", value: 255 } },
      spopStatus.badMaxFrameSize,
    ],
    ["whose frame size is a text", { ...usualHello, "max-frame-size": text("16380") }, spopStatus.noMaxFrameSize],
  ] as const)("%s is refused with its status", (_, items, status) => {
    const { session, frames, hasEnded } = connect();
    session.receive(haproxyHello(items));
    expect(frames()).toMatchObject([{ type: frameType.agentDisconnect, payload: { "status-code": status } }]);
    expect(hasEnded()).toBe(true);
  });
});

describe("messages", () => {
  it("are answered with their own ids, many in one packet", () => {
    const { session, frames } = open();
    session.receive(Buffer.concat([ask(7, 1, "alice"), ask(8, 1, "bob"), ask(3_000_000, 2, "carol")]));
    expect(frames().slice(1)).toEqual([
      answered(7, 1, "alice"),
      answered(8, 1, "bob"),
      answered(3_000_000, 2, "carol"),
    ]);
  });

  it("are answered when the answer is there, not in the order of asking", async () => {
    const later = withResolvers();
    const answer: Answer = (messages) => {
      const actions = echo(messages) as Action[];
      return JSON.stringify(actions).includes("slow") ? later.promise.then(() => actions) : actions;
    };
    const { session, frames } = open(answer);
    session.receive(Buffer.concat([ask(1, 1, "slow"), ask(2, 1, "quick")]));
    expect(session.pending).toBe(1);
    expect(frames().slice(1)).toEqual([answered(2, 1, "quick")]);
    later.resolve();
    await vi.waitFor(() => expect(session.pending).toBe(0));
    expect(frames().slice(2)).toEqual([answered(1, 1, "slow")]);
  });

  it("whose answer fails are answered without actions", async () => {
    const { session, frames } = open(async () => {
      throw new Error("no");
    });
    session.receive(ask(1, 1, "alice"));
    await vi.waitFor(() => expect(frames()[1]).toMatchObject({ type: frameType.ack, payload: [] }));
  });

  it("are not answered after the end", async () => {
    const later = withResolvers();
    const { session, frames } = open(async (messages) => {
      await later.promise;
      return echo(messages);
    });
    session.receive(ask(1, 1, "alice"));
    session.leave();
    later.resolve();
    await vi.waitFor(() => expect(session.pending).toBe(0));
    expect(frames().at(-1)?.type).toBe(frameType.agentDisconnect);
  });

  it("are read whatever pieces they come in", () => {
    const stream = Buffer.concat([haproxyHello(), ask(1, 1, "alice"), ask(2, 9, "bob"), ask(3, 1, "x".repeat(5000))]);
    const whole = connect();
    whole.session.receive(stream);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const { session, frames } = connect();
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          session.receive(stream.subarray(at, at + size));
          at += size;
        }
        expect(frames()).toEqual(whole.frames());
      }),
    );
  });
});

describe("a peer that breaks the protocol", () => {
  const part = encodeFrame({ type: frameType.notify, streamId: 1, frameId: 1 }, () => undefined);
  part[8] = 0;
  const [noType, abort] = [Buffer.from(ask(1, 1, "a")), Buffer.from(ask(1, 1, "a"))];
  noType[4] = 77;
  abort[8] = 3;
  const tooBig = Buffer.alloc(8);
  tooBig.writeUInt32BE(16_381);

  it.each([
    ["sends a fragment", part, spopStatus.fragmentation],
    ["sends a frame above the agreed size", tooBig, spopStatus.frameTooBig],
    ["sends an unknown type", noType, spopStatus.invalidFrame],
    ["aborts what it did not begin", abort, spopStatus.invalidFrame],
    ["greets twice", haproxyHello(), spopStatus.invalidFrame],
    [
      "says an agent's words",
      encodeFrame({ type: frameType.ack, streamId: 1, frameId: 1 }, () => undefined),
      spopStatus.invalidFrame,
    ],
    ["sends an empty frame", Buffer.alloc(4), spopStatus.invalidFrame],
  ])("and %s is told so and closed", (_, bytes, status) => {
    const { session, frames, hasEnded } = open();
    session.receive(bytes);
    session.receive(ask(1, 1, "alice"));
    expect(frames().slice(1)).toMatchObject([{ type: frameType.agentDisconnect, payload: { "status-code": status } }]);
    expect([hasEnded(), session.isClosed, session.fault]).toEqual([true, true, expect.any(String)]);
  });

  it("and asks before it greets is told so and closed", () => {
    const { session, frames } = connect();
    session.receive(ask(1, 1, "alice"));
    expect(frames()).toMatchObject([{ payload: { "status-code": spopStatus.invalidFrame } }]);
  });

  it("never makes it throw, write after the end, or hold more than one frame", () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(haproxyHello(), ask(1, 1, "alice"), haproxyDisconnect(0, "bye"), part),
      fc
        .uint8Array({ maxLength: 60 })
        .map((payload) => encodeFrame({ type: 3, streamId: 1, frameId: 1 }, (to) => to.bytes(payload))),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.boolean(), (chunks, greeted) => {
        const { session } = greeted ? open() : connect();
        for (const chunk of chunks) session.receive(chunk);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the end", () => {
  it("is answered when HAProxy leaves, with its reason kept", () => {
    const { session, frames, hasEnded } = open();
    session.receive(haproxyDisconnect(2, "a timeout occurred"));
    expect(frames()[1]).toMatchObject({ type: frameType.agentDisconnect, payload: { "status-code": 0 } });
    expect([hasEnded(), session.fault]).toEqual([true, "HAProxy left: a timeout occurred"]);
  });

  it("is said by an agent that goes away", () => {
    const { session, frames, hasEnded } = open();
    session.leave();
    session.leave();
    expect(frames().slice(1)).toMatchObject([{ type: frameType.agentDisconnect, payload: { "status-code": 0 } }]);
    expect([hasEnded(), session.fault]).toEqual([true, undefined]);
  });
});

function withResolvers() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
