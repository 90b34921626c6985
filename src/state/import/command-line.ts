import type { Mode } from "../../domain/secret.ts";
import { readClientSecret } from "./client-text.ts";
import { readVariables, variable, wordsOf } from "./shell-variables.ts";
import {
  bareKey,
  type Candidate,
  chosenMode,
  countOf,
  domainTextOf,
  type ImportFormat,
  portOf,
  portOfAddress,
  type Source,
  sortOut,
  tagOf,
} from "./source.ts";

/**
 * mtg 1, which has no configuration file: `mtg run [options] SECRET [ADTAG]` in a systemd unit or a script, its address in
 * `MTG_BIND` or `--bind`.
 */
export const mtg1: ImportFormat = {
  title: "mtg 1",
  matches: ({ text }) => /(?:^|[\s/=])mtg\s+run\s/m.test(unfolded(text)),
  read: ({ text }) => {
    const words = wordsAfter(text, /(?:^|[\s/=])mtg\s+run\s+(.*)$/m);
    const variables = readVariables(unfolded(text).replace(/^\s*Environment=/gm, ""));
    const port = portOfAddress(optionOf(words, ["-b", "--bind"]) ?? variable(variables, "MTG_BIND"));
    const [secret = "", tag] = positional(words, MTG_FLAGS);
    const candidates = [{ what: "the secret", port, read: () => readClientSecret(secret) }];
    return { ...sortOut(candidates), settings: { port, tag: tagOf(tag) }, notes: [] };
  },
};

/** Options of mtg 1 without a value. */
const MTG_FLAGS = ["-d", "--debug", "-v", "--verbose"];

/** The C proxy's own command line, as in a systemd unit: `mtproto-proxy … -H 443 -S KEY -S KEY -P TAG -D DOMAIN`. */
export const mtprotoProxy: ImportFormat = {
  title: "a command line of mtproto-proxy",
  matches: ({ text }) => /mtproto-proxy\s.*(?:-S|--mtproto-secret)/.test(unfolded(text)),
  read: ({ text, mode }) => {
    const words = wordsAfter(text, /mtproto-proxy\s+(.*)$/m);
    const domains = optionsOf(words, ["-D", "--domain"]);
    const port = portOf(optionOf(words, ["-H", "--http-ports"])?.split(",")[0]);
    const keys = optionsOf(words, ["-S", "--mtproto-secret"]);
    const settings = {
      port,
      workers: countOf(optionOf(words, ["-M", "--slaves"])),
      tag: tagOf(optionOf(words, ["-P", "--proxy-tag"])),
    };
    return { ...nameless(keys, { domain: domains[0], port, mode }), settings, notes: otherDomains(domains) };
  },
};

/** Keys of a C proxy without names: fake-TLS where it has a domain, otherwise padded as people are told to use them. */
export function nameless(
  keys: readonly string[],
  {
    domain,
    port,
    mode,
    server,
    handedOut = "padded",
  }: {
    readonly domain?: string | undefined;
    readonly port?: number | undefined;
    readonly server?: string | undefined;
    readonly mode?: Mode | undefined;
    readonly handedOut?: Mode;
  },
): Pick<Source, "found" | "refused"> {
  const open = mode === "plain" || mode === "padded" ? mode : handedOut;
  const taken = domain === undefined ? open : chosenMode(["fake-tls"], mode);
  const candidates = keys.map(
    (key, index): Candidate => ({
      what: `secret ${index + 1}`,
      port,
      server,
      read: () => bareKey(key, taken, taken === "fake-tls" ? domainTextOf(domain) : undefined),
    }),
  );
  return sortOut(candidates);
}

function otherDomains(domains: readonly string[]): string[] {
  const others = domains.slice(1);
  return others.length === 0 ? [] : [`links with its other domains do not work here: ${others.join(", ")}`];
}

/** With lines that a backslash continues joined. */
function unfolded(text: string): string {
  return text.replace(/\\\r?\n/g, " ");
}

function wordsAfter(text: string, command: RegExp): string[] {
  return wordsOf(command.exec(unfolded(text))?.[1] ?? "");
}

/** `-S value`, `--long value` and `--long=value`. */
function optionsOf(words: readonly string[], names: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (names.includes(word)) return words[index + 1] ?? [];
    const [, name = "", value] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
    return names.includes(name) && value !== undefined ? value : [];
  });
}

function optionOf(words: readonly string[], names: readonly string[]): string | undefined {
  return optionsOf(words, names).at(-1);
}

function positional(words: readonly string[], flags: readonly string[]): string[] {
  const takesNext = (word: string | undefined) =>
    word?.startsWith("-") === true && !word.includes("=") && !flags.includes(word);
  return words.filter((word, index) => !word.startsWith("-") && !takesNext(words[index - 1]));
}
