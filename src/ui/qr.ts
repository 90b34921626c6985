import type { Style } from "../commands/command.ts";

/**
 * A QR code of block characters for a terminal. Where colour is allowed it is drawn dark on light whatever the terminal's own
 * colours are; as plain text it is right on a dark background and inverted, which most scanners read too, on a light one.
 */
export async function terminalQr(text: string, style: Style): Promise<string> {
  const { default: qrcode } = await import("qrcode-terminal");
  const drawn = await new Promise<string>((resolve) => qrcode.generate(text, { small: true }, resolve));
  return drawn.trimEnd().split("\n").map(style.paper).join("\n");
}
