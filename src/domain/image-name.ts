import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** `[host[:port]/]name[:tag][@sha256:…]`, or the id of an image that is here. Loose on purpose: the engine knows best what it has. */
const IMAGE_NAME = /^[a-z0-9][a-z0-9._/:@-]{0,254}$/i;

function isImageName(text: string): boolean {
  return IMAGE_NAME.test(text);
}

/** @throws AppError invalid for what no image can be called, an option of docker's for instance */
export function parseImageName(text: string): string {
  if (isImageName(text)) return text;
  throw new AppError("invalid", `"${shown(text, 60)}" is not the name of an image`, {
    hint: "for instance ghcr.io/getpagespeed/mtproxy:latest",
  });
}
