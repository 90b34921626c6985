export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Reads server-sent events (WHATWG HTML, 9.2.6) out of a stream that may be cut anywhere. */
export class EventStreamParser {
  #rest = "";
  #name = "";
  #data: string[] = [];
  /** A line that ended with CR may go on with LF. */
  #isAfterCr = false;

  /** @returns the events that are complete with this */
  push(text: string): ServerEvent[] {
    const whole = this.#rest + (this.#isAfterCr && text.startsWith("\n") ? text.slice(1) : text);
    if (text !== "") this.#isAfterCr = text.endsWith("\r");
    const lines = whole.split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }

  #end(): ServerEvent | undefined {
    const [name, data] = [this.#name || "message", this.#data];
    this.#name = "";
    this.#data = [];
    return data.length === 0 ? undefined : { name, data: data.join("\n") };
  }
}
