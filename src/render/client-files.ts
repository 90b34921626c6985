import { type Link, tgLink, tmeLink } from "../domain/link.ts";
import { pngQr, svgQr } from "./qr.ts";

/** A file that a user is given; each one holds the key. */
interface ClientFile {
  readonly name: "mtproxy_link.txt" | "mtproxy_qr.png" | "mtproxy_qr.svg";
  readonly content: string | Uint8Array;
}

/** Both links as text, and the `tg://` link, which opens the app without any web page, as QR code in PNG and SVG. */
export async function renderClientFiles(link: Link): Promise<ClientFile[]> {
  const tg = tgLink(link);
  return [
    { name: "mtproxy_link.txt", content: `${tg}\n${tmeLink(link)}\n` },
    { name: "mtproxy_qr.png", content: await pngQr(tg) },
    { name: "mtproxy_qr.svg", content: await svgQr(tg) },
  ];
}
