import { resolve } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";
import type { Mode } from "../../domain/secret.ts";
import type { User } from "../../domain/user.ts";
import { type BulkLine, readBulkList } from "../../state/bulk-list.ts";
import type { UserEdit } from "../../state/users-text.ts";
import { bringLive } from "../live/bring-live.ts";
import { knownPlaces } from "../live/known-places.ts";
import { planState } from "../live/plan-state.ts";
import { loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type AddUserOptions, type Newcomer, newcomer } from "./add-user.ts";
import { noteHolders } from "./hand-out.ts";
import { type UserCard, userCard } from "./user-card.ts";
import { verifyLinks } from "./verify-links.ts";
import { spareKeys } from "./wanted-secret.ts";

interface AddUsersOptions {
  /** A list of people; see state/bulk-list.ts. */
  readonly file: string;
  readonly allowRestart?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What became of one line. */
export interface AddedLine {
  readonly line: number;
  readonly username: string;
  readonly result: "added" | "present" | "refused";
  /** Why it is refused. */
  readonly reason: string | null;
  /** Null for a refused line, and while a line before or behind it keeps the file from being taken. */
  readonly card: UserCard | null;
}

export interface AddedUsers {
  readonly file: string;
  readonly lines: readonly AddedLine[];
  readonly added: number;
  readonly present: number;
  readonly refused: number;
}

/** A line that was understood, or what is wrong with it. */
type Settled = { readonly line: BulkLine } & ({ readonly newcomer: Newcomer } | { readonly fault: AppError });

/**
 * Adds everybody of a list, in one write of users.json and one apply. A list with a wrong line is not taken at all: whoever mends the
 * line gives the same file again.
 * @returns failure `invalid` when a line is refused; failure when they are saved but not every link works
 * @throws AppError not-found without the file
 */
export async function addUsers(ctx: Context, options: AddUsersOptions): Promise<Outcome<AddedUsers>> {
  const file = resolve(options.file);
  const lines = readBulkList(await readList(ctx, file));
  const settled = await settle(ctx, lines, options);
  const refused = settled.filter((entry) => "fault" in entry).length;
  if (refused > 0 || options.dryRun === true)
    return { data: summary(file, settled, new Map()), ...(refused === 0 ? {} : { failure: notTaken(refused) }) };
  const { failure } = await bringLive(ctx, "these people are saved, but their links do not work yet", {
    allowRestart: options.allowRestart ?? false,
    changedUsers: lines.map(({ name }) => name),
  });
  const data = summary(file, settled, await cardsOf(ctx, settled, failure === undefined));
  return failure === undefined ? { data, ...(await proof(ctx, settled)) } : { data, failure };
}

async function readList(ctx: Context, path: string): Promise<string> {
  const text = await ctx.files.readText(path);
  if (text === undefined) throw new AppError("not-found", `there is no file ${path}`);
  return text;
}

function settle(ctx: Context, lines: readonly BulkLine[], options: AddUsersOptions): Promise<Settled[]> {
  return ctx.stores.users.update("adding people from a list", async ({ users }) => {
    const settled = settleLines(ctx, { ...(await loadState(ctx)), users }, lines);
    const edits = settled.flatMap((entry): UserEdit[] =>
      "newcomer" in entry && entry.newcomer.edit !== undefined ? [entry.newcomer.edit] : [],
    );
    const isTaken = options.dryRun !== true && !settled.some((entry) => "fault" in entry);
    return { edits: isTaken ? edits : [], result: settled };
  });
}

/** All lines take from one stock of keys: two people never get one spare key. */
function settleLines(ctx: Context, state: State, lines: readonly BulkLine[]): Settled[] {
  const known = new Map<string, User>(state.users.map((user) => [user.name.toLowerCase(), user]));
  const spares = spareKeys(state);
  const before = new Map<string, BulkLine>();
  return lines.map((line) => {
    try {
      const name = line.name.toLowerCase();
      refuseTwice(before.get(name));
      before.set(name, line);
      const mode = modeOf(line);
      const there = { present: known.get(name), spares };
      return { line, newcomer: newcomer(ctx, withDefault(state, mode), wish(line, mode), there) };
    } catch (fault) {
      if (fault instanceof AppError) return { line, fault };
      throw fault;
    }
  });
}

function refuseTwice(other: BulkLine | undefined): void {
  if (other !== undefined) throw new AppError("invalid", `the name stands in line ${other.line} already`);
}

/** As the options of `add-user` would say it. */
function wish({ name, domain, expires, note, tags, group }: BulkLine, mode: Mode | undefined): AddUserOptions {
  const labels = { name, note, expires, group, tag: tags?.split(/\s+/) };
  if (mode === "fake-tls") return { ...labels, fakeTls: domain ?? true };
  if (mode !== undefined && domain !== undefined) throw new AppError("invalid", `a ${mode} link has no cover domain`);
  return {
    ...labels,
    ...(domain === undefined ? {} : { fakeTls: domain }),
    ...(mode === "plain" ? { plain: true } : {}),
  };
}

const MODES: Readonly<Record<string, Mode>> = {
  plain: "plain",
  padded: "padded",
  dd: "padded",
  "fake-tls": "fake-tls",
  ee: "fake-tls",
};

function modeOf({ mode }: BulkLine): Mode | undefined {
  if (mode === undefined) return undefined;
  const known = Object.hasOwn(MODES, mode.toLowerCase()) ? MODES[mode.toLowerCase()] : undefined;
  if (known !== undefined) return known;
  throw new AppError("invalid", `"${shown(mode, 20)}" is not a mode`, { hint: "padded, plain or fake-tls" });
}

/** Padded is what nobody has to ask for elsewhere: it is the default there, unless the settings have another one. */
function withDefault(state: State, mode: Mode | undefined): State {
  return mode === "padded" ? { ...state, settings: { ...state.settings, defaultMode: mode } } : state;
}

async function cardsOf(ctx: Context, settled: readonly Settled[], isLive: boolean): Promise<Map<string, UserCard>> {
  const planned = await (isLive ? planState(ctx) : knownPlaces(ctx));
  const people = settled.flatMap((entry) => ("newcomer" in entry ? [entry.newcomer.user] : []));
  if (!isLive) await noteHolders(ctx, people);
  return new Map(people.map((user) => [user.name, userCard(ctx, planned, user)]));
}

/** Every link is proved where it is served. */
async function proof(ctx: Context, settled: readonly Settled[]): Promise<{ failure?: AppError }> {
  const names = settled.flatMap((entry) =>
    "newcomer" in entry && entry.newcomer.user.enabled ? [entry.newcomer.user.name] : [],
  );
  if (names.length === 0) return {};
  const { failure } = await verifyLinks(ctx, { names, via: "127.0.0.1" });
  return failure === undefined ? {} : { failure };
}

function summary(file: string, settled: readonly Settled[], cards: ReadonlyMap<string, UserCard>): AddedUsers {
  const lines = settled.map((entry) => addedLine(entry, cards));
  const count = (result: AddedLine["result"]) => lines.filter((line) => line.result === result).length;
  return { file, lines, added: count("added"), present: count("present"), refused: count("refused") };
}

function addedLine(entry: Settled, cards: ReadonlyMap<string, UserCard>): AddedLine {
  const { line, name: username } = entry.line;
  if ("fault" in entry) {
    const { message, hint } = entry.fault;
    return {
      line,
      username,
      result: "refused",
      reason: hint === undefined ? message : `${message} (${hint})`,
      card: null,
    };
  }
  const { user, edit } = entry.newcomer;
  const result = edit === undefined ? "present" : "added";
  return { line, username: user.name, result, reason: null, card: cards.get(user.name) ?? null };
}

function notTaken(refused: number): AppError {
  const lines = refused === 1 ? "a line" : `${refused} lines`;
  return new AppError("invalid", `${lines} of the list cannot be taken, so nobody was added`, {
    hint: "correct the list and give it again; who is there already stays as is",
  });
}
