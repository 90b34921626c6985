import type { ImageVerdict } from "../../domain/engine-facts.ts";
import type { ImageFacts } from "./image-facts.ts";

/** What was seen of the started binary. */
export interface Observations {
  /** Whether the long hello was answered with a signed ServerHello; undefined where not even the short one was. */
  readonly longHello?: boolean;
  readonly reloads: boolean;
  /** A program in the image can ask for /stats. */
  readonly statsClient: boolean;
  /** Last lines of a process that ended by itself. */
  readonly ended?: readonly string[];
}

export interface ProbedImage {
  readonly image: string;
  readonly imageId: string;
  readonly digest?: string;
}

/** Puts facts and observations together. Measured beats printed: a date of compilation says nothing about the source. */
export function judge(probed: ProbedImage, facts: ImageFacts, seen: Observations): ImageVerdict {
  const { binary = "", version = "", openFilesLimit } = facts;
  const fakeTls = facts.options.has("domain");
  const longHello = fakeTls && (seen.longHello ?? isKnownLong(version));
  const unusable = reasonsAgainst(facts, seen);
  const usable = unusable.length === 0;
  return {
    ...probed,
    binary,
    version,
    ...(facts.compiledAt === undefined ? {} : { compiledAt: facts.compiledAt }),
    ...(facts.commit === undefined ? {} : { commit: facts.commit }),
    fakeTls,
    httpStats: facts.options.has("http-stats"),
    longHello,
    reloads: seen.reloads,
    openFilesLimit,
    verdict: !usable ? "unusable" : longHello ? "good" : "padded-only",
    reasons: usable ? remarks(facts, seen, longHello) : unusable,
  };
}

const NO_SHELL =
  "it has no /bin/sh, which the entrypoint needs: docker/Dockerfile puts a given binary on a base that has one";

function reasonsAgainst(facts: ImageFacts, seen: Observations): string[] {
  if (!facts.ran) return [`${NO_SHELL} (${lastWords(seen)})`];
  if (facts.binary === undefined) return ["there is no mtproto-proxy in it"];
  if (facts.helpExit !== 2 || facts.version === undefined) return [`${facts.binary} does not run: ${lastWords(seen)}`];
  if (!facts.options.has("http-stats")) return ["its proxy has no --http-stats, so its health cannot be known"];
  return seen.ended === undefined ? [] : [`its proxy ends by itself: ${lastWords(seen)}`];
}

function remarks(facts: ImageFacts, seen: Observations, longHello: boolean): string[] {
  const remarks: string[] = [];
  if (!facts.options.has("domain")) remarks.push("its proxy knows no fake-TLS (-D): only padded and plain links work");
  else remarks.push(helloRemark(longHello, seen));
  if (!seen.reloads) remarks.push("a new proxy-multi.conf takes a restart: SIGHUP does nothing");
  if (!seen.statsClient)
    remarks.push("no program in it can ask for /stats: only root on this host sees figures and health");
  return remarks;
}

function helloRemark(longHello: boolean, { longHello: measured }: Observations): string {
  const how = measured === undefined ? "by its version, not measured" : "measured";
  return longHello
    ? `it takes the ClientHello of current Telegram apps (${how})`
    : `it refuses the ClientHello of more than 1,700 bytes that current Telegram apps send (${how}): fake-TLS links are dead for them`;
}

/** Versions that came with the longer limit: the official 0.02 of 2025-11, and GetPageSpeed's, which stayed at 3.0.5 for a while. */
function isKnownLong(version: string): boolean {
  const [, major, minor] = /^mtproxy-(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 0 || Number(minor) >= 2;
}

/** Without Docker's init in front, whose process number makes two verdicts on one image differ. */
function lastWords({ ended = [] }: Observations): string {
  return ended.at(-1)?.replace(/^\[\w+ tini \(\d+\)\] /, "") ?? "it said nothing";
}
