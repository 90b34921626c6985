import { AppError } from "../domain/errors.ts";
import { isPort } from "../domain/port.ts";
import { withoutDigits } from "../domain/printable.ts";
import { NEXT_STEP } from "./state-text.ts";

export type JsonObject = Record<string, unknown>;

/** What a field may hold. `read` gives undefined for, or throws AppError at, anything else. */
export interface Rule<T> {
  /** Completes the sentence "must be …". */
  readonly expects: string;
  read(value: unknown): T | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of one object in a file; errors name the file, the field and what to do, and repeat no text: it may be a key. */
export class Fields {
  #object: JsonObject = {};
  readonly #path: string;
  readonly #prefix: string;
  #index: number | undefined;
  /** Of the file's own object only: lists hold many thousands of objects, and nobody wants to know it of theirs. */
  readonly #asked: string[] | undefined;

  /**
   * @param prefix leads to the object inside the file, for instance `image` or, with an index, `shards`
   * @param index of the object in the list to which the prefix leads
   */
  constructor(value: unknown, path: string, prefix = "", index?: number) {
    this.#path = path;
    this.#prefix = prefix;
    this.#asked = prefix === "" ? [] : undefined;
    this.turnTo(value, index);
  }

  /** The fields of another object of the same list from here on: a file may hold many thousands, looked at one after the other. */
  turnTo(value: unknown, index?: number): this {
    this.#index = index;
    if (!isObject(value)) {
      const what = this.#prefix === "" ? "the whole" : `"${this.#place()}"`;
      throw refusal(this.#path, `${what} must be an object, not ${kindOf(value)}`);
    }
    this.#object = value;
    return this;
  }

  /** `null` counts as absent. */
  get<T>(name: string, rule: Rule<T>): T | undefined {
    this.#asked?.push(name);
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return value === undefined || value === null ? undefined : this.#read(name, value, rule);
  }

  need<T>(name: string, rule: Rule<T>): T {
    const value = this.get(name, rule);
    if (value === undefined) throw this.refuse(name, `is missing; it must be ${rule.expects}`);
    return value;
  }

  /** What is read of each object of a list; none when the field is absent. `read` may not keep what it is given. */
  objects<T>(name: string, read: (fields: Fields) => T): T[] {
    const list = this.get(name, anyList) ?? [];
    const fields = new Fields({}, this.#path, this.#place(name));
    return list.map((item, index) => read(fields.turnTo(item, index)));
  }

  object(name: string): Fields | undefined {
    const value = this.get(name, anything);
    return value === undefined ? undefined : new Fields(value, this.#path, this.#place(name));
  }

  /** What nobody asked for: fields of a later version or of somebody else, to be kept. */
  unasked(): JsonObject {
    return Object.fromEntries(Object.entries(this.#object).filter(([name]) => this.#asked?.includes(name) !== true));
  }

  refuse(name: string, fault: string): AppError {
    return refusal(this.#path, `"${this.#place(name)}" ${fault}`);
  }

  /** Put together when somebody is told of it only: most objects are as they should be. */
  #place(name?: string): string {
    const here = this.#index === undefined ? this.#prefix : `${this.#prefix}[${this.#index}]`;
    return [here, name].filter(Boolean).join(".");
  }

  #read<T>(name: string, value: unknown, rule: Rule<T>): T {
    let read: T | undefined;
    try {
      read = rule.read(value);
    } catch (error) {
      throw error instanceof AppError ? this.#mustBe(rule, name, `but ${error.message}`) : error;
    }
    if (read === undefined) throw this.#mustBe(rule, name, `not ${kindOf(value)}`);
    return read;
  }

  #mustBe({ expects }: Rule<unknown>, name: string, reason: string): AppError {
    return this.refuse(name, `must be ${expects}, ${reason}`);
  }
}

function refusal(path: string, fault: string): AppError {
  return new AppError("invalid", `${path}: ${withoutDigits(fault)}`, {
    hint: NEXT_STEP,
  });
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "such a text";
  return isObject(value) ? "an object" : String(value);
}

const anything: Rule<unknown> = { expects: "something", read: (value) => value };
const anyList: Rule<unknown[]> = { expects: "a list", read: (value) => (Array.isArray(value) ? value : undefined) };

export const flag: Rule<boolean> = {
  expects: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};

export const portNumber: Rule<number> = {
  expects: "a port from 1 to 65535",
  read: (value) => (isPort(value) ? value : undefined),
};

export function wholeNumber(min: number, max: number): Rule<number> {
  const fits = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return { expects: `a whole number from ${min} to ${max}`, read: (value) => (fits(value) ? value : undefined) };
}

/** A text that matches a pattern; any text when none is given. */
export function text(expects = "a text", pattern = /^/): Rule<string> {
  return { expects, read: (value) => (typeof value === "string" && pattern.test(value) ? value : undefined) };
}

export function oneOf<const T extends string>(...words: readonly T[]): Rule<T> {
  return { expects: `one of ${words.join(", ")}`, read: (value) => words.find((word) => word === value) };
}

/** A text that a function of the domain reads. */
export function parsed<T>(expects: string, parse: (text: string) => T): Rule<T> {
  return { expects, read: (value) => (typeof value === "string" ? parse(value) : undefined) };
}

export function listOf<T>(rule: Rule<T>): Rule<T[]> {
  return {
    expects: `a list, each of it ${rule.expects}`,
    read: (value) => {
      const items = Array.isArray(value) ? value.map((item) => rule.read(item)) : [undefined];
      return items.every((item) => item !== undefined) ? items : undefined;
    },
  };
}

export function mapOf<T>(rule: Rule<T>): Rule<Record<string, T>> {
  return {
    expects: `an object, each value ${rule.expects}`,
    read: (value) => {
      if (!isObject(value)) return undefined;
      const entries = Object.entries(value).map(([name, item]) => [name, rule.read(item)] as const);
      return entries.every(isRead) ? Object.fromEntries(entries) : undefined;
    },
  };
}

function isRead<T>(entry: readonly [string, T | undefined]): entry is readonly [string, T] {
  return entry[1] !== undefined;
}
