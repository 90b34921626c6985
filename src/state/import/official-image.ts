import { nameless } from "./command-line.ts";
import { readVariables, variable } from "./shell-variables.ts";
import { countOf, type ImportFormat, tagOf } from "./source.ts";

const KEYS = /^[0-9a-f]{32}(?:,[0-9a-f]{32}){0,15}$/i;

/** `/data/secret` of the official image: its keys on one line, with commas between. The links that it prints are plain ones. */
export const officialSecret: ImportFormat = {
  title: "the official image's secret file",
  matches: ({ text, name }) => KEYS.test(text.trim()) && (name === "secret" || text.includes(",")),
  read: ({ text, mode }) => ({
    ...nameless(text.trim().split(","), { mode, handedOut: "plain" }),
    settings: {},
    notes: [],
  }),
};

/** What the official image's run.sh takes from its environment: SECRET, SECRET_COUNT, TAG and WORKERS, as `NAME=value` lines. */
export const officialVariables: ImportFormat = {
  title: "the official image's variables",
  matches: ({ text }) => /^[ \t]*(?:export |- |-e |--env )?SECRET=/m.test(text),
  read: ({ text, mode }) => {
    const variables = readVariables(text);
    const keys =
      variable(variables, "SECRET")
        ?.split(",")
        .map((key) => key.trim()) ?? [];
    const settings = {
      workers: countOf(variable(variables, "WORKERS")),
      tag: tagOf(variable(variables, "TAG")),
    };
    return { ...nameless(keys, { mode, handedOut: "plain" }), settings, notes: countNotes(variables, keys.length) };
  },
};

/** SECRET_COUNT keys were made at random where none was given: they are in the volume, not here. */
function countNotes(variables: ReturnType<typeof readVariables>, keys: number): string[] {
  const wanted = countOf(variable(variables, "SECRET_COUNT"));
  if (keys > 0 || wanted === undefined) return [];
  return [`SECRET_COUNT=${wanted} made keys of its own: they are in the container's /data/secret, import that file`];
}
