import { AppError } from "../../domain/errors.ts";
import { mtg1, mtprotoProxy } from "./command-line.ts";
import { exported, exportedCsv } from "./exported.ts";
import { familytrafficConfig, familytrafficEnv, familytrafficSecrets, usersJson } from "./familytraffic.ts";
import { hirbod } from "./hirbod.ts";
import { links } from "./links.ts";
import { mtprotoproxy } from "./mtprotoproxy.ts";
import { mtproxymax } from "./mtproxymax.ts";
import { officialSecret, officialVariables } from "./official-image.ts";
import type { ForeignFile, ImportFormat } from "./source.ts";
import { mtg, telemt } from "./toml.ts";
import { v2ray } from "./v2ray.ts";

/** Every kind of file that can be imported, by the name for `--from`. In this order a file is asked whether it is one. */
export const importFormats = {
  mtproxymax,
  "familytraffic-secrets": familytrafficSecrets,
  v2ray,
  users: usersJson,
  export: exported,
  "export-csv": exportedCsv,
  "familytraffic-config": familytrafficConfig,
  "familytraffic-env": familytrafficEnv,
  hirbod,
  telemt,
  mtprotoproxy,
  mtg1,
  "mtproto-proxy": mtprotoProxy,
  mtg,
  "official-env": officialVariables,
  "official-secret": officialSecret,
  links,
} as const satisfies Readonly<Record<string, ImportFormat>>;

export type ImportFormatName = keyof typeof importFormats;

export const importFormatNames = Object.keys(importFormats) as ImportFormatName[];

/** @throws AppError invalid when no format knows the text, naming what to do */
export function detectFormat(file: Pick<ForeignFile, "text" | "name">): ImportFormatName {
  const found = importFormatNames.find((name) => importFormats[name].matches(file));
  if (found !== undefined) return found;
  throw new AppError("invalid", `${file.name} is of no kind that can be imported, or nothing in it can be read`, {
    hint: `name its kind: --from ${importFormatNames.join(", ")}`,
  });
}
