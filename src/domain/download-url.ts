import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** @throws AppError invalid unless it is a whole http or https address */
export function parseDownloadUrl(text: string): string {
  if (isDownloadUrl(text)) return text;
  throw new AppError("invalid", `"${shown(text, 80)}" is not an address to download from`, {
    hint: "it starts with https:// or http://",
  });
}

function isDownloadUrl(text: string): boolean {
  return /^https?:\/\/[^\s/]\S*$/i.test(text) && URL.canParse(text);
}
