import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/**
 * What a browser calls the origin of a page (RFC 6454 §6.1): scheme, name, and a port that is not the scheme's own; empty for none.
 * @throws AppError invalid
 */
export function parseOrigin(text: string): string {
  if (text === "") return text;
  const origin = URL.canParse(text) ? new URL(text).origin : "";
  if (/^https?:/.test(origin) && text.replace(/\/$/, "").toLowerCase() === origin) return origin;
  throw new AppError("invalid", `"${shown(text, 80)}" is not the origin of a page`, {
    hint: "for instance https://panel.example.com, without a path",
  });
}
