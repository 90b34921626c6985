import type { Happened, Stats } from "../api/shapes.ts";

/** A page of the dashboard, while it is shown. */
export interface View {
  readonly element: HTMLElement;
  /** The tab's name. */
  readonly title: string;
  update(stats: Stats): void;
  happened(events: readonly Happened[]): void;
  /** Colours have changed. */
  redraw(): void;
  close(): void;
}
