import { malformed } from "./transport.ts";

/** The dummy record that a client sends between the server's answer and its first data. */
export const CHANGE_CIPHER_SPEC: Uint8Array = Uint8Array.of(0x14, 0x03, 0x03, 0x00, 0x01, 0x01);

/** Largest record of TLS 1.3: 2^14 bytes and 256 of expansion (RFC 8446 §5.2). */
export const MAX_RECORD_BYTES = 16_640;

const LARGEST_WRITTEN = 16_384;
const HEADER_BYTES = 5;
const APPLICATION_DATA = [0x17, 0x03, 0x03];

/** Data as application records, none longer than `maxBytes` (16 384). Nothing for no data. */
export function toRecords(data: Uint8Array, maxBytes: number = LARGEST_WRITTEN): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += maxBytes) {
    const part = data.subarray(at, at + maxBytes);
    parts.push(Uint8Array.of(...APPLICATION_DATA, part.length >> 8, part.length & 0xff), part);
  }
  return Buffer.concat(parts);
}

/**
 * Takes the data out of application records that arrive in chunks of any size. Data is handed on as it comes, so at most a record
 * header is held back. Strict: any other record, an empty one or one too long ends it.
 */
export class RecordDecoder {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #left = 0;
  /** Bytes of ChangeCipherSpec that are still to come. */
  #prelude: Uint8Array;

  /** @param options.afterHandshake the server's side: one ChangeCipherSpec comes before the data */
  constructor(options: { readonly afterHandshake?: boolean } = {}) {
    this.#prelude = options.afterHandshake === true ? CHANGE_CIPHER_SPEC : new Uint8Array(0);
  }

  /**
   * The data in this chunk, in order; empty when it ends inside a header.
   * @throws AppError invalid on anything but application records; the connection is then of no use
   */
  push(chunk: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let rest = this.#takePrelude(chunk);
    while (rest.length > 0) {
      if (this.#left === 0) rest = this.#takeHeader(rest);
      const part = rest.subarray(0, this.#left);
      this.#left -= part.length;
      rest = rest.subarray(part.length);
      if (part.length > 0) parts.push(part);
    }
    return Buffer.concat(parts);
  }

  #takePrelude(chunk: Uint8Array): Uint8Array {
    const count = Math.min(chunk.length, this.#prelude.length);
    for (let at = 0; at < count; at++) {
      if (chunk[at] !== this.#prelude[at]) throw malformed("a ChangeCipherSpec record was expected");
    }
    this.#prelude = this.#prelude.subarray(count);
    return chunk.subarray(count);
  }

  #takeHeader(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes === HEADER_BYTES) this.#openRecord();
    return chunk.subarray(part.length);
  }

  #openRecord(): void {
    const [high = 0, low = 0] = this.#header.subarray(3);
    const length = 256 * high + low;
    if (APPLICATION_DATA.some((byte, at) => this.#header[at] !== byte))
      throw malformed("this is no TLS application record");
    if (length === 0 || length > MAX_RECORD_BYTES) throw malformed(`a TLS record of ${length} bytes is not allowed`);
    this.#headerBytes = 0;
    this.#left = length;
  }
}
