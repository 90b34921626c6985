import template from "../../templates/report.html.tmpl";
import { harmless } from "../domain/printable.ts";
import { escapeHtml } from "./escape-html.ts";
import { fillTemplate } from "./template.ts";

/** A table with sums below, in words and figures that are shown as they are. */
export interface ReportPage {
  readonly title: string;
  readonly about: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly totals: readonly string[];
}

/** One page to print: nothing in it runs, and nothing is loaded. */
export function renderReport({ title, about, titles, rows, totals }: ReportPage): string {
  return fillTemplate(template, {
    title: safe(title),
    about: safe(about),
    titles: titles.map((cell) => `<th scope="col">${safe(cell)}</th>`).join(""),
    rows: rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n"),
    totals: cells(totals),
  });
}

/** The first says whose the others are. */
function cells([first = "", ...others]: readonly string[]): string {
  return `<th scope="row">${safe(first)}</th>${others.map((cell) => `<td>${safe(cell)}</td>`).join("")}`;
}

function safe(text: string): string {
  return escapeHtml(harmless(text));
}
