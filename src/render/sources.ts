import { OWN_SOURCES, type SourceRule } from "../domain/source-rule.ts";
import type { RenderedFile } from "./rendered-file.ts";

const FILE = "sources.lst";

/**
 * The verdict on whoever has no key, by where they come from: a refused source waits and is answered as any stranger is, but nobody
 * looks for its key. `own` is never refused.
 */
export function refusedSources(rule: SourceRule | undefined, { config }: { readonly config: string }): string {
  const nobody = "tcp-request session set-var(sess.nobody)";
  const stranger = `${nobody} str(stranger)`;
  if (rule === undefined) return stranger;
  const others = `{ src ${OWN_SOURCES.join(" ")} }`;
  const listed = `{ src -f ${config}/${FILE} }`;
  return [stranger, `${nobody} str(source) if !${others} ${rule.mode === "allow" ? "!" : ""}${listed}`].join("\n");
}

/** The list itself, one a line, beside haproxy.cfg. */
export function sourceFiles(rule: SourceRule | undefined, folder: string): RenderedFile[] {
  if (rule === undefined) return [];
  const content = rule.list.map((source) => `${source}\n`).join("");
  return [{ path: `${folder}/${FILE}`, content, mode: 0o644, forContainer: false }];
}
