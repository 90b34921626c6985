import { ByteReader } from "../../../../src/edge/spop/byte-reader.ts";
import type { ByteWriter } from "../../../../src/edge/spop/byte-writer.ts";
import { decodeFrame, encodeFrame, frameType } from "../../../../src/edge/spop/frame.ts";
import { readTypedData, type TypedData, writeTypedData } from "../../../../src/edge/spop/typed-data.ts";

/** HAProxy's side of the protocol, for tests. */

type Items = Readonly<Record<string, TypedData>>;

export const usualHello: Items = {
  "supported-versions": { type: "string", value: "2.0" },
  "max-frame-size": { type: "uint32", value: 16_380 },
  capabilities: { type: "string", value: "pipelining,async" },
  "engine-id": { type: "string", value: "one" },
};

export function haproxyHello(items: Items = usualHello): Buffer {
  return encodeFrame({ type: frameType.haproxyHello, streamId: 0, frameId: 0 }, (payload) =>
    writeItems(payload, items),
  );
}

export function haproxyDisconnect(status: number, message: string): Buffer {
  const items: Items = {
    "status-code": { type: "uint32", value: status },
    message: { type: "string", value: message },
  };
  return encodeFrame({ type: frameType.haproxyDisconnect, streamId: 0, frameId: 0 }, (payload) =>
    writeItems(payload, items),
  );
}

export function notify(streamId: number, frameId: number, messages: Readonly<Record<string, Items>>): Buffer {
  return encodeFrame({ type: frameType.notify, streamId, frameId }, (payload) => {
    for (const [name, args] of Object.entries(messages)) {
      payload.string(name);
      payload.uint8(Object.keys(args).length);
      writeItems(payload, args);
    }
  });
}

function writeItems(payload: ByteWriter, items: Items): void {
  for (const [name, value] of Object.entries(items)) {
    payload.string(name);
    writeTypedData(payload, value);
  }
}

/** What an agent sent, frame by frame. */
export function agentFrames(
  bytes: Uint8Array,
): { type: number; streamId: number; frameId: number; payload: unknown }[] {
  const reader = new ByteReader(bytes);
  const frames = [];
  while (reader.left > 0) {
    const { type, streamId, frameId, payload } = decodeFrame(reader.bytes(reader.uint32()));
    frames.push({ type, streamId, frameId, payload: type === frameType.ack ? readActions(payload) : readAll(payload) });
  }
  return frames;
}

function readAll(payload: Uint8Array): Record<string, unknown> {
  const reader = new ByteReader(payload);
  const items: Record<string, unknown> = {};
  while (reader.left > 0) items[reader.string()] = plain(readTypedData(reader));
  return items;
}

function readActions(payload: Uint8Array): unknown[] {
  const reader = new ByteReader(payload);
  const actions = [];
  while (reader.left > 0) {
    const [action, count, scope, name] = [reader.uint8(), reader.uint8(), reader.uint8(), reader.string()];
    actions.push(count === 3 ? [action, scope, name, plain(readTypedData(reader))] : [action, scope, name]);
  }
  return actions;
}

function plain(data: TypedData): unknown {
  return "value" in data ? data.value : null;
}
