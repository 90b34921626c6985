import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { encodeFrame, type Frame, frameType } from "./frame.ts";
import { invalidFrame, SpopError, type SpopStatus, spopStatus } from "./spop-error.ts";
import { readTypedData, type TypedData, writeTypedData } from "./typed-data.ts";

/** What HAProxy says first. */
export interface HaproxyHello {
  /** Versions as `[major, minor]`. */
  readonly versions: readonly (readonly [number, number])[];
  /** Bytes. */
  readonly maxFrameSize: number;
  readonly capabilities: readonly string[];
  /** HAProxy only looks whether the agent is there. */
  readonly healthcheck: boolean;
  /** Which engine of which process asks; absent before HAProxy 1.8. */
  readonly engineId?: string;
}

export interface AgentHello {
  readonly version: string;
  /** Bytes. */
  readonly maxFrameSize: number;
  readonly capabilities: readonly string[];
}

/** One message of a NOTIFY frame, with its arguments by name. */
export interface Message {
  readonly name: string;
  readonly args: ReadonlyMap<string, TypedData>;
}

/** Scopes of HAProxy's variables and their numbers (SPOE.txt, section 3.4). */
const SCOPES = { process: 0, session: 1, transaction: 2, request: 3, response: 4 } as const;

export type Scope = keyof typeof SCOPES;

/** What HAProxy is to do. A name goes without the engine's prefix, which HAProxy puts before it. */
export type Action =
  | { readonly do: "set-var"; readonly scope: Scope; readonly name: string; readonly value: TypedData }
  | { readonly do: "unset-var"; readonly scope: Scope; readonly name: string };

const SET_VAR = 1;
const UNSET_VAR = 2;

/** @throws SpopError with the status that names the missing or wrong item */
export function readHaproxyHello(payload: Uint8Array): HaproxyHello {
  const items = readItems(new ByteReader(payload));
  const engineId = items.get("engine-id");
  return {
    versions: textItem(items, "supported-versions", spopStatus.noVersion).split(",").map(readVersion),
    maxFrameSize: uint32Item(items, "max-frame-size", spopStatus.noMaxFrameSize),
    capabilities: readList(textItem(items, "capabilities", spopStatus.noCapabilities)),
    healthcheck: isTrue(items.get("healthcheck")),
    ...(engineId?.type === "string" ? { engineId: engineId.value } : {}),
  };
}

/** HAProxy's side, as far as somebody needs it who looks whether an agent is there. */
export function encodeHaproxyHello({
  maxFrameSize,
  healthcheck,
}: Pick<HaproxyHello, "maxFrameSize" | "healthcheck">): Buffer {
  return encodeFrame({ type: frameType.haproxyHello, streamId: 0, frameId: 0 }, (payload) => {
    writeItem(payload, "supported-versions", { type: "string", value: "2.0" });
    writeItem(payload, "max-frame-size", { type: "uint32", value: maxFrameSize });
    writeItem(payload, "capabilities", { type: "string", value: "" });
    writeItem(payload, "healthcheck", { type: "boolean", value: healthcheck });
  });
}

export function encodeAgentHello({ version, maxFrameSize, capabilities }: AgentHello): Buffer {
  return encodeFrame({ type: frameType.agentHello, streamId: 0, frameId: 0 }, (payload) => {
    writeItem(payload, "version", { type: "string", value: version });
    writeItem(payload, "max-frame-size", { type: "uint32", value: maxFrameSize });
    writeItem(payload, "capabilities", { type: "string", value: capabilities.join(",") });
  });
}

export function encodeDisconnect(status: SpopStatus, message: string): Buffer {
  return encodeFrame({ type: frameType.agentDisconnect, streamId: 0, frameId: 0 }, (payload) => {
    writeItem(payload, "status-code", { type: "uint32", value: status });
    writeItem(payload, "message", { type: "string", value: message });
  });
}

/** Why HAProxy ends the connection. */
export function readDisconnect(payload: Uint8Array): { readonly status: number; readonly message: string } {
  const items = readItems(new ByteReader(payload));
  return {
    status: uint32Item(items, "status-code", spopStatus.invalidFrame),
    message: textItem(items, "message", spopStatus.invalidFrame),
  };
}

/** @throws SpopError invalidFrame */
export function readMessages(payload: Uint8Array): Message[] {
  const reader = new ByteReader(payload);
  const messages: Message[] = [];
  while (reader.left > 0) {
    const name = reader.string();
    messages.push({ name, args: readItems(reader, reader.uint8()) });
  }
  return messages;
}

/** The answer to the NOTIFY frame with these ids. */
export function encodeAck(
  { streamId, frameId }: Pick<Frame, "streamId" | "frameId">,
  actions: readonly Action[],
): Buffer {
  return encodeFrame({ type: frameType.ack, streamId, frameId }, (payload) => payload.bytes(bytesOf(actions)));
}

/** Whoever answers the same again and again gives the same list: its bytes are made once. */
const encoded = new WeakMap<readonly Action[], Uint8Array>();

function bytesOf(actions: readonly Action[]): Uint8Array {
  const known = encoded.get(actions);
  if (known !== undefined) return known;
  const writer = new ByteWriter();
  for (const action of actions) writeAction(writer, action);
  const bytes = writer.written();
  encoded.set(actions, bytes);
  return bytes;
}

function writeAction(writer: ByteWriter, action: Action): void {
  const isSet = action.do === "set-var";
  writer.uint8(isSet ? SET_VAR : UNSET_VAR);
  writer.uint8(isSet ? 3 : 2);
  writer.uint8(SCOPES[action.scope]);
  writer.string(action.name);
  if (isSet) writeTypedData(writer, action.value);
}

function writeItem(writer: ByteWriter, name: string, value: TypedData): void {
  writer.string(name);
  writeTypedData(writer, value);
}

/** A KV-LIST: that many items, or all that there are. A name that comes twice is an error, so that nobody guesses which one counts. */
function readItems(reader: ByteReader, count: number = Number.POSITIVE_INFINITY): Map<string, TypedData> {
  const items = new Map<string, TypedData>();
  for (let read = 0; read < count && (reader.left > 0 || count !== Number.POSITIVE_INFINITY); read += 1) {
    const name = reader.string();
    if (items.has(name)) throw invalidFrame("an item comes twice");
    items.set(name, readTypedData(reader));
  }
  return items;
}

function textItem(items: ReadonlyMap<string, TypedData>, name: string, missing: SpopStatus): string {
  const item = items.get(name);
  if (item?.type !== "string") throw new SpopError(missing, `${name} is missing or no string`);
  return item.value;
}

function uint32Item(items: ReadonlyMap<string, TypedData>, name: string, missing: SpopStatus): number {
  const item = items.get(name);
  if (item?.type !== "uint32") throw new SpopError(missing, `${name} is missing or no uint32`);
  return item.value;
}

function isTrue(item: TypedData | undefined): boolean {
  return item?.type === "boolean" && item.value;
}

function readList(text: string): string[] {
  return text.split(",").flatMap((item) => item.trim() || []);
}

function readVersion(text: string): readonly [number, number] {
  const [, major, minor] = /^\s*(\d{1,9})\.(\d{1,9})\s*$/.exec(text) ?? [];
  if (major === undefined || minor === undefined)
    throw new SpopError(spopStatus.unsupportedVersion, "a version is not of the form 2.0");
  return [Number(major), Number(minor)];
}
