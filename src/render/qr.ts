/** Loaded with the first code: most commands draw none. */
const load = () => import("qrcode");

/** Side of the PNG, pixels (FR-004). */
const PNG_SIDE = 300;
/** Light modules around the code that scanners want (ISO/IEC 18004 §9.1: four). */
const QUIET_ZONE = 4;
/** Survives 15 % of damage, and the longest names that DNS allows still give modules of two pixels. */
const CORRECTION = "M";
/** A module is many rows of the same pixels. Trying all filters of PNG on each row takes several times as long, for a larger file. */
const LIKE_THE_ROW_ABOVE = 2;

/** PNG of 300 × 300 pixels, whole pixels a module: fractions make modules of unequal size, which cameras read badly. */
export async function pngQr(text: string): Promise<Uint8Array> {
  const { create, toBuffer } = await load();
  const modules = create(text, { errorCorrectionLevel: CORRECTION }).modules.size;
  const pixels = Math.floor(PNG_SIDE / (modules + 2 * QUIET_ZONE));
  const margin = (PNG_SIDE / pixels - modules) / 2;
  const rendererOpts = { filterType: LIKE_THE_ROW_ABOVE, deflateStrategy: 0, deflateLevel: 6 };
  return toBuffer(text, { type: "png", errorCorrectionLevel: CORRECTION, width: PNG_SIDE, margin, rendererOpts });
}

/** The same code as an SVG document, one unit a module. */
export async function svgQr(text: string): Promise<string> {
  const { toString: toText } = await load();
  return toText(text, { type: "svg", errorCorrectionLevel: CORRECTION, margin: QUIET_ZONE });
}
