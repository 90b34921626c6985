import type * as answer from "../../http/answers.ts";

/** What the API answers with, as it comes: names in snake_case. The compiler holds the page to the API's own types. */

type Snake<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : Name;

type Json<T> = T extends readonly (infer Item)[]
  ? readonly Json<Item>[]
  : T extends object
    ? { readonly [Name in keyof T as Snake<Name>]: Json<T[Name]> }
    : T;

export type Stats = Json<answer.StatsAnswer>;
export type Person = Stats["users"][number];
export type Shard = Stats["shards"][number];
export type Limits = NonNullable<Person["limits"]>;
export type History = Json<answer.HistoryAnswer>;
export type Point = History["points"][number];
/** What somebody did within a time. */
export type Sums = Json<answer.UserSumsAnswer>;
export type Happened = Json<answer.HistoryEventsAnswer>["events"][number];
export type PersonDetails = Json<answer.UserAnswer>;
export type Link = Json<answer.LinkAnswer>;
export type ErrorBody = Json<answer.ErrorAnswer>;

/** `N/A` stands where the figure is not known. */
export function known<T extends number | string>(value: T | null | answer.NotKnown): T | null {
  return value === "N/A" ? null : value;
}
