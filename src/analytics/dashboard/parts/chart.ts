import uPlot from "uplot";
import { h, setText } from "./dom.ts";

export interface Line {
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  /** The space below it too: lines are told apart without colours. */
  readonly isFilled: boolean;
}

export interface ChartSpec {
  readonly title: string;
  readonly lines: readonly Line[];
  /** A value, with its unit. */
  readonly write: (value: number) => string;
  /** The axis goes as far as this at least. */
  readonly least: number;
  /** Pixels that the values take beside the axis. */
  readonly axisWidth: number;
  /** Seconds since 1970, as a tick of the axis. */
  readonly tick: (seconds: number, spanSeconds: number) => string;
  /** And as the moment under the pointer. */
  readonly moment: (seconds: number) => string;
}

/** What is shown of it, and in words. Seconds since 1970. */
export interface ChartView {
  readonly label: string;
  readonly since: number;
  readonly until: number;
}

const HEIGHT = 200;

/** Lines over time, with a key that tells the values under the pointer. */
export class Chart {
  readonly element: HTMLElement;
  readonly #plot: uPlot;
  readonly #picture: HTMLElement;
  readonly #spec: ChartSpec;
  readonly #moment: HTMLElement;
  readonly #labels: HTMLElement[];
  readonly #values: HTMLElement[];
  readonly #resizing: ResizeObserver;
  #span: [number, number] = [0, 1];

  constructor(spec: ChartSpec) {
    this.#spec = spec;
    this.#labels = spec.lines.map(({ label }) => h("span", {}, label));
    this.#values = spec.lines.map(() => h("span", { class: "value" }));
    this.#moment = h("span", { class: "moment" });
    this.#picture = h("div", { class: "picture", role: "img", "aria-label": spec.title });
    const keys = spec.lines.map(({ color, isFilled }, index) =>
      h(
        "span",
        { class: `key ${color} ${isFilled ? "filled" : ""}` },
        ...[this.#labels[index] ?? null, " ", this.#values[index] ?? null],
      ),
    );
    this.element = h(
      "div",
      { class: "chart" },
      h("p", { class: "keys", "aria-hidden": "true" }, ...keys, this.#moment),
      this.#picture,
    );
    this.#plot = new uPlot(this.#options(), [[], ...spec.lines.map(() => [])], this.#picture);
    this.#resizing = new ResizeObserver(() => this.#fit());
    this.#resizing.observe(this.#picture);
  }

  /** @param at seconds since 1970; @param values null is a gap */
  show(at: number[], values: (number | null)[][], { label, since, until }: ChartView): void {
    this.#picture.setAttribute("aria-label", label);
    this.#span = [since, until];
    this.#plot.setData([at, ...values]);
  }

  /** Calls the lines something else. */
  name(labels: readonly string[]): void {
    for (const [index, label] of labels.entries()) {
      const element = this.#labels[index];
      if (element !== undefined) setText(element, label);
    }
  }

  /** After a change of colours. */
  redraw(): void {
    this.#plot.redraw(false, true);
  }

  close(): void {
    this.#resizing.disconnect();
    this.#plot.destroy();
  }

  #fit(): void {
    const width = this.#picture.clientWidth;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  #options(): uPlot.Options {
    const { lines, write, tick } = this.#spec;
    const span = ({ scales: { x } }: uPlot) => (x?.max ?? 0) - (x?.min ?? 0);
    const look = {
      stroke: () => colorOf("quiet"),
      grid: { stroke: () => colorOf("grid"), width: 1 },
      ticks: { show: false },
    };
    return {
      ...{ width: 300, height: HEIGHT, legend: { show: false } },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { range: () => this.#span },
        y: { range: (_, __, most) => [0, Math.max(this.#spec.least, 1.1 * most)] },
      },
      axes: [
        { ...look, size: 32, space: 70, values: (plot, ticks) => ticks.map((at) => tick(at, span(plot))) },
        { ...look, size: this.#spec.axisWidth, space: 36, values: (_, ticks) => ticks.map(write) },
      ],
      series: [
        {},
        ...lines.map(({ color, isFilled }) => ({
          stroke: () => colorOf(color),
          ...(isFilled ? { fill: (plot: uPlot) => shade(plot, colorOf(color)) } : {}),
          width: 2,
          points: { size: 4 },
        })),
      ],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  #point({ cursor: { idx }, data: [at, ...lines] }: uPlot): void {
    const isThere = idx !== null && idx !== undefined;
    const when = isThere ? at?.[idx] : undefined;
    setText(this.#moment, when === undefined ? "" : this.#spec.moment(when));
    for (const [index, element] of this.#values.entries()) {
      const value = isThere ? lines[index]?.[idx] : undefined;
      setText(element, value === null || value === undefined ? "" : this.#spec.write(value));
    }
  }
}

/** Fades towards the axis. @param color `#rrggbb` */
function shade({ ctx, bbox }: uPlot, color: string): CanvasGradient {
  const gradient = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
  gradient.addColorStop(0, `${color}59`);
  gradient.addColorStop(1, `${color}0d`);
  return gradient;
}

/** As the style sheet has it now, in the dark or in the light. */
function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
