import jsQR from "jsqr";
import { PNG } from "pngjs";

/** A square of modules, true where dark, as a scanner gets to see it: with a light border, some pixels a module. */
export function readModules(dark: readonly (readonly boolean[])[], pixels = 4, border = 4): string | undefined {
  const width = Math.max(...dark.map((row) => row.length));
  const side = { x: (width + 2 * border) * pixels, y: (dark.length + 2 * border) * pixels };
  const image = new Uint8ClampedArray(side.x * side.y * 4).fill(255);
  for (let y = 0; y < side.y; y++) {
    for (let x = 0; x < side.x; x++) {
      const isDark = dark[Math.floor(y / pixels) - border]?.[Math.floor(x / pixels) - border] === true;
      if (isDark) image.fill(0, (y * side.x + x) * 4, (y * side.x + x) * 4 + 3);
    }
  }
  return readImage(image, side.x, side.y);
}

/** What a PNG's QR code says. */
export function readPng(data: Uint8Array): { text: string | undefined; width: number; height: number } {
  const { data: pixels, width, height } = PNG.sync.read(Buffer.from(data));
  return { text: readImage(new Uint8ClampedArray(pixels), width, height), width, height };
}

/** What the QR code of an SVG says that draws each row's dark runs as horizontal strokes of one unit. */
export function readSvg(svg: string): string | undefined {
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const dark = Array.from({ length: side }, () => new Array<boolean>(side).fill(false));
  const pen = { x: 0, y: 0 };
  const [, path = ""] = /<path stroke="#000000" d="([^"]+)"/.exec(svg) ?? [];
  for (const [, command, first = "", second] of path.matchAll(/([Mmh])(-?[\d.]+)(?:[ ,](-?[\d.]+))?/g)) {
    const x = Number(first);
    if (command === "h") dark[Math.floor(pen.y)]?.fill(true, pen.x, pen.x + x);
    pen.x = command === "M" ? x : pen.x + x;
    if (second !== undefined) pen.y = command === "M" ? Number(second) : pen.y + Number(second);
  }
  return readModules(dark, 4, 0);
}

/** Block characters as a terminal shows them, and whether the upper and the lower half are light. */
const BLOCKS: Readonly<Record<string, readonly [boolean, boolean]>> = {
  "█": [true, true],
  "▀": [true, false],
  "▄": [false, true],
  " ": [false, false],
};

/** What a QR code of block characters says, drawn light on a dark terminal; among other lines, if need be. */
export function readBlocks(text: string): string | undefined {
  const rows = text.split("\n").filter((line) => line !== "" && [...line].every((letter) => letter in BLOCKS));
  const modules = rows.flatMap((row) => {
    const cells = [...row].map((letter) => BLOCKS[letter] ?? [true, true]);
    return [cells.map(([upper]) => !upper), cells.map(([, lower]) => !lower)];
  });
  // The topmost half line is what the terminal shows around the code.
  return readModules(modules.slice(1));
}

function readImage(pixels: Uint8ClampedArray, width: number, height: number): string | undefined {
  return jsQR(pixels, width, height, { inversionAttempts: "dontInvert" })?.data;
}
