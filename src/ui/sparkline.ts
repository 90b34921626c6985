const MARKS = [..."▁▂▃▄▅▆▇█"];
/** Where nobody watched. */
const GAP = "·";

/**
 * Figures as one character each, the largest of them as high as the line: `▁▁▃█▂··▁`. The lowest mark is for nothing, and only for that.
 * @param most characters; of more figures, neighbours share one
 */
export function sparkline(figures: readonly (number | null)[], most = figures.length): string {
  const shown = together(figures, Math.ceil(figures.length / Math.max(1, most)));
  const highest = Math.max(0, ...shown.map((figure) => figure ?? 0));
  return shown.map((figure) => (figure === null ? GAP : markOf(figure, highest))).join("");
}

function markOf(figure: number, highest: number): string {
  const steps = MARKS.length - 1;
  return MARKS[figure <= 0 ? 0 : Math.max(1, Math.round((figure / highest) * steps))] ?? "";
}

/** The sums of so many at a time. */
function together(figures: readonly (number | null)[], size: number): (number | null)[] {
  const count = Math.ceil(figures.length / size);
  return Array.from({ length: count }, (_, index) => sumOf(figures.slice(index * size, (index + 1) * size)));
}

function sumOf(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

/** How much of a whole, for quotas: `████░░░░░░ 41 %`. */
export function bar(part: number, whole: number, width = 10): string {
  const percent = whole > 0 ? Math.floor((part / whole) * 100) : 100;
  const filled = Math.min(width, Math.floor((percent / 100) * width));
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} ${percent} %`;
}
