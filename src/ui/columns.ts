/** Joined to the character before, or nothing to be seen. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** What terminals give two columns (UAX #11): ideographs, syllables, emoji, and what is made as wide as those. */
const TWO_COLUMNS =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]$/u;

/** The beginning of a text that has room in so many columns of a terminal, and how many it takes. */
export function fitting(text: string, columns: number): { readonly text: string; readonly columns: number } {
  let [kept, taken] = ["", 0];
  for (const character of text) {
    const width = columnsOf(character);
    if (taken + width > columns) break;
    kept += character;
    taken += width;
  }
  return { text: kept, columns: taken };
}

function columnsOf(character: string): number {
  if (character <= "~") return 1;
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}
