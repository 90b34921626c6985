import { AppError } from "../domain/errors.ts";
import { append, type Item, type Padding, type Sequence, without, writeSequence } from "./json-sequence.ts";
import { newRecord, withFields, withoutOurFields } from "./user-record.ts";
import type { Chosen } from "./users-records.ts";
import type { UserEdit } from "./users-text.ts";

/** How things stand where there is nothing yet to take the style from. */
export interface Style {
  /** The only record of the list. */
  readonly record: Padding;
  /** The only member of a record. */
  readonly member: Padding;
  /** Between name and value. */
  readonly between: string;
}

/** The list of users.json while it is edited: many edits, put together once. */
export class UserList {
  readonly #items: Item[];
  #tail: string;
  readonly #gone = new Set<number>();
  readonly #indexes: Map<string, number>;
  readonly #style: Style;

  constructor({ items, tail }: Sequence, chosen: Chosen, style: Style) {
    this.#items = [...items];
    this.#tail = tail;
    this.#indexes = new Map(chosen);
    this.#style = style;
  }

  apply(edit: UserEdit): void {
    if (edit.kind === "add") this.#append(edit.name, newRecord(edit, this.#items, this.#style));
    else if (edit.kind === "insert") this.#append(edit.name, edit.record);
    else if (edit.kind === "remove-record") this.#remove(edit.name);
    else if (edit.kind === "clear") this.#change(edit.name, withoutOurFields);
    else this.#change(edit.name, (record) => withFields(record, edit.fields, this.#style));
  }

  text(): string {
    const list: Sequence = { open: "[", items: this.#items, tail: this.#tail };
    return writeSequence(without(list, (_, index) => this.#gone.has(index), this.#style.record));
  }

  #append(name: string, record: string): void {
    const key = name.toLowerCase();
    if (this.#indexes.has(key)) throw new AppError("conflict", `there is a user "${name}" already`);
    // The separator is that of the last two.
    const end = append({ open: "[", items: this.#items.slice(-2), tail: this.#tail }, record, this.#style.record);
    this.#tail = end.tail;
    this.#indexes.set(key, this.#items.length);
    this.#items.push(...end.items.slice(-1));
  }

  #remove(name: string): void {
    this.#gone.add(this.#indexOf(name));
    this.#indexes.delete(name.toLowerCase());
  }

  #change(name: string, change: (record: string) => string): void {
    const index = this.#indexOf(name);
    const { lead = "", body = "" } = this.#items[index] ?? {};
    this.#items[index] = { lead, body: change(body) };
  }

  #indexOf(name: string): number {
    const index = this.#indexes.get(name.toLowerCase());
    if (index === undefined) throw new AppError("not-found", `there is no user "${name}"`);
    return index;
  }
}
