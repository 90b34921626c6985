import { type HostFile, WRITER } from "./host-files.ts";

/** Where what is not of the distribution has its pages. */
const FOLDER = "/usr/local/share/man/man1";

/** Other names that a page is found under. */
const aliases: Readonly<Record<string, readonly string[]>> = { "familytraffic-mtproxy.1": ["mtproxy.1"] };

/** A page of the package for the machine, and those that lead to it (man(7): `.so`). */
export function manualFiles(name: string, text: string): HostFile[] {
  const file = (page: string, content: string): HostFile => ({
    path: `${FOLDER}/${page}`,
    content: `.\\" ${WRITER}\n${content}`,
  });
  return [file(name, text), ...(aliases[name] ?? []).map((alias) => file(alias, `.so man1/${name}\n`))];
}
