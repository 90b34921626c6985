import { defaultCoverDomains, parseCoverDomain, parseCoverDomainList } from "../domain/cover-domain.ts";
import { AppError } from "../domain/errors.ts";
import { withoutDigits } from "../domain/printable.ts";
import type { StoreParts } from "./json-store.ts";
import { stateLock } from "./paths.ts";
import { readStateText } from "./state-text.ts";

/** The whitelist; the default one while there is no file. */
export interface CoverDomainsStore {
  read(): Promise<string[]>;
  /** Lines that stay keep their place and comments; new domains come last. */
  update(change: (domains: readonly string[]) => readonly string[]): Promise<string[]>;
}

const NEW_FILE = `# Sites that fake-TLS links may imitate, one a line.\n${defaultCoverDomains.join("\n")}\n`;

export function createCoverDomainsStore({ paths, files, locks }: StoreParts): CoverDomainsStore {
  const path = paths.coverDomains;
  const load = async () => (await readStateText(files, path)) ?? NEW_FILE;
  const read = async () => parseDomains(await load(), path);

  const update: CoverDomainsStore["update"] = (change) =>
    locks.withLock(
      stateLock(paths),
      async () => {
        const text = await load();
        const wanted = [...change(parseDomains(text, path))].map(parseCoverDomain);
        const next = editDomains(text, wanted);
        if (next !== text) await files.write(path, next, { mode: 0o600 });
        return parseDomains(next, path);
      },
      { purpose: `writing ${path}` },
    );

  return { read, update };
}

/** @throws AppError invalid with path and line */
function parseDomains(text: string, path: string): string[] {
  const domains = linesOf(text).map((line, index) => {
    try {
      return parseCoverDomainList(line);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError("invalid", `${path}, line ${index + 1}: ${withoutDigits(error.message)}`, {
        hint: "correct the line or put # in front of it; nothing was changed",
      });
    }
  });
  return [...new Set(domains.flat())];
}

/** The text with exactly the wanted domains; comments and blank lines stay. */
function editDomains(text: string, wanted: readonly string[]): string {
  const isKept = (line: string) => parseCoverDomainList(line).every((domain) => wanted.includes(domain));
  const kept = linesOf(text).filter(isKept);
  const known = parseCoverDomainList(kept.join("\n"));
  const added = [...new Set(wanted)].filter((domain) => !known.includes(domain));
  if (added.length === 0) return kept.join("\n");
  const newline = text.includes("\r\n") ? "\r" : "";
  const body = kept.at(-1) === "" ? kept.slice(0, -1) : kept;
  return [...body, ...added.map((domain) => domain + newline), ""].join("\n");
}

function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split("\n");
}
