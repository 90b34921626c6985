import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { invalidFrame, SpopError, spopStatus } from "./spop-error.ts";

/** Kinds of frames and their numbers (SPOE.txt, section 3.2). */
export const frameType = {
  haproxyHello: 1,
  haproxyDisconnect: 2,
  notify: 3,
  agentHello: 101,
  agentDisconnect: 102,
  ack: 103,
} as const;

export type FrameType = (typeof frameType)[keyof typeof frameType];

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(frameType));
/** A fragment that goes on with an earlier frame. */
const UNSET = 0;
const FIN = 0x01;
const KNOWN_FLAGS = FIN;

/** One frame without its length. Stream and frame id are 0 for everything but NOTIFY and ACK. */
export interface Frame {
  readonly type: FrameType;
  readonly streamId: number;
  readonly frameId: number;
  readonly payload: Uint8Array;
}

/**
 * Reads a frame, given without its length. The payload is a view into it.
 * @throws SpopError fragmentation for a part of a frame, invalidFrame for anything else that is not one whole frame
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new ByteReader(bytes);
  const type = reader.uint8();
  const flags = reader.uint32();
  const streamId = reader.varint();
  const frameId = reader.varint();
  if (type === UNSET || (flags & FIN) === 0)
    throw new SpopError(spopStatus.fragmentation, "fragmented frames are not supported");
  if ((flags & ~KNOWN_FLAGS) !== 0) throw invalidFrame(`unknown flags ${flags}`);
  if (!isFrameType(type)) throw invalidFrame(`there is no frame type ${type}`);
  return { type, streamId, frameId, payload: reader.bytes(reader.left) };
}

function isFrameType(type: number): type is FrameType {
  return KNOWN_TYPES.has(type);
}

/** A frame with its length, as it goes over the wire. `write` adds the payload. */
export function encodeFrame(
  { type, streamId, frameId }: Omit<Frame, "payload">,
  write: (payload: ByteWriter) => void,
): Buffer {
  const writer = new ByteWriter();
  writer.uint8(type);
  writer.uint32(FIN);
  writer.varint(streamId);
  writer.varint(frameId);
  write(writer);
  return writer.frame();
}
