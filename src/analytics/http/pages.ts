import { dirname, extname, join } from "node:path";
import type { HostContext } from "../../context.ts";
import { type Prepared, prepare } from "./prepared.ts";

/** A file of the dashboard. */
export interface Page {
  /** `/` for index.html, `/NAME` for the others. */
  readonly path: string;
  readonly type: string;
  readonly prepared: Prepared;
}

const INDEX = "index.html";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/** The dashboard as it came with this program: a handful of files, which are kept in memory. None where it came without. */
export async function loadPages({ files, machine }: HostContext): Promise<Page[]> {
  const [, program] = machine.ourselves;
  const folder = join(dirname((await machine.realPath(program)) ?? program), "../dist/dashboard");
  const names = (await files.list(folder)).filter((name) => extname(name) in types);
  return Promise.all(
    names.map(async (name) => ({
      path: name === INDEX ? "/" : `/${name}`,
      type: types[extname(name)] ?? "",
      prepared: prepare(Buffer.from((await files.read(join(folder, name))) ?? "")),
    })),
  );
}
