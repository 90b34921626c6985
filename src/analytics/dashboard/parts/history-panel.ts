import { ApiError } from "../api/client.ts";
import type { Point, Stats } from "../api/shapes.ts";
import { type RangeName, ranges } from "../figures/ranges.ts";
import { fold, mostActive, sumOf, toColumns } from "../figures/series.ts";
import { Chart, type ChartSpec } from "./chart.ts";
import { DataTable } from "./data-table.ts";
import { type Child, h, setText } from "./dom.ts";
import type { Page } from "./page.ts";

/** Connections and traffic over time, of everybody or of one person. */
export class HistoryPanel {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #whose: { readonly kind: "all" | "user"; readonly name: string };
  readonly #connections: Chart;
  readonly #traffic: Chart;
  readonly #table: DataTable;
  readonly #note = h("p", { class: "note", role: "status" });
  readonly #sums = h("p", { class: "sums" });
  #range: RangeName;
  #points: readonly Point[] = [];
  /** Seconds since 1970. */
  #until = 0;
  /** Of the request that is meant: an answer to an earlier one is too late. */
  #asked = 0;
  /** By this device's clock. */
  #askedAt = 0;
  /** Nobody tells people's bytes from those between proxies and Telegram. */
  #isEverySocket = false;

  constructor(page: Page, whose: { readonly kind: "all" | "user"; readonly name: string }, range: RangeName) {
    this.#page = page;
    this.#whose = whose;
    this.#range = range;
    const { charts } = page.texts;
    this.#connections = new Chart(this.#spec("connections"));
    this.#traffic = new Chart(this.#spec("traffic"));
    const caption = `${charts.connections}, ${charts.traffic}`;
    const headings = () => [charts.begins, charts.connections, charts.opened, ...this.#directions()];
    this.#table = new DataTable({ open: charts.table, caption, headings }, () => this.#rows());
    this.element = h(
      "div",
      { class: "panel" },
      h("div", { class: "figure" }, h("h3", {}, charts.connections), this.#connections.element),
      h("div", { class: "figure" }, h("h3", {}, charts.traffic), this.#traffic.element),
      h("div", { class: "below" }, this.#sums, this.#note, this.#table.element),
    );
  }

  /** Shows another time. */
  async choose(range: RangeName): Promise<void> {
    this.#range = range;
    await this.#ask();
  }

  /** Asks for what is new, when it is time for that. */
  async refresh(stats: Stats): Promise<void> {
    this.#setSockets(this.#whose.kind === "all" && this.#page.noteOfPeople(stats) !== null);
    const age = Date.now() - this.#askedAt;
    if (age >= 1000 * ranges[this.#range].refreshSeconds - 1000) await this.#ask();
  }

  redraw(): void {
    this.#connections.redraw();
    this.#traffic.redraw();
  }

  close(): void {
    this.#asked += 1;
    this.#connections.close();
    this.#traffic.close();
  }

  async #ask(): Promise<void> {
    const { seconds, resolution, bucketSeconds } = ranges[this.#range];
    this.#asked += 1;
    const turn = this.#asked;
    const until = this.#page.api.now();
    this.#askedAt = Date.now();
    this.#until = until / 1000;
    try {
      const wish = { ...this.#whose, since: until - 1000 * seconds, until, resolution };
      const { points } = await this.#page.api.history(wish);
      if (turn !== this.#asked) return;
      this.#points = fold(points, bucketSeconds);
      this.#show();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#askedAt = 0;
      if (turn === this.#asked && error.fault === "refused")
        setText(this.#note, this.#page.texts.charts.noHistory(error.message));
    }
  }

  #setSockets(isEverySocket: boolean): void {
    if (isEverySocket === this.#isEverySocket) return;
    this.#isEverySocket = isEverySocket;
    this.#traffic.name(this.#directions());
    if (this.#points.length > 0) this.#show();
  }

  /** What the two lines of traffic are called. */
  #directions(): readonly [string, string] {
    const { charts } = this.#page.texts;
    return this.#isEverySocket ? [charts.received, charts.sent] : [charts.from, charts.to];
  }

  #show(): void {
    const points = this.#points;
    const { texts, amounts } = this.#page;
    const { at, active, rateIn, rateOut } = toColumns(points, ranges[this.#range].bucketSeconds);
    const most = mostActive(points);
    const { bytesIn, bytesOut } = sumOf(points);
    const write = this.#isEverySocket ? texts.charts.sumsOfSockets : texts.charts.sums;
    const sums = write(amounts.bytes(bytesIn), amounts.bytes(bytesOut));
    const mostWords = most === null ? texts.unknown : texts.charts.most(amounts.count(most));
    const range = texts.charts.ranges[this.#range];
    const span = { since: this.#until - ranges[this.#range].seconds, until: this.#until };
    this.#connections.show(at, [active], { ...span, label: `${texts.charts.connections}, ${range}: ${mostWords}` });
    this.#traffic.show(at, [rateIn, rateOut], { ...span, label: `${texts.charts.traffic}, ${range}: ${sums}` });
    const isEmpty = points.length === 0;
    setText(this.#sums, isEmpty ? "" : `${sums} · ${mostWords}`);
    setText(this.#note, isEmpty ? texts.charts.nothing : texts.charts.gaps);
    this.#table.element.hidden = isEmpty;
    this.#table.update();
  }

  /** The latest first. */
  #rows(): Child[][] {
    const { amounts, texts } = this.#page;
    const count = (value: number) => amounts.count(value);
    return fold(this.#points, ranges[this.#range].rowSeconds)
      .reverse()
      .map((point) => [
        h("time", { datetime: new Date(point.at).toISOString() }, amounts.moment(point.at)),
        this.#page.figure(point.active, (value) => texts.charts.most(count(value))),
        count(point.opened),
        this.#page.bytes(point.bytes_in),
        this.#page.bytes(point.bytes_out),
      ]);
  }

  #spec(kind: "connections" | "traffic"): ChartSpec {
    const { amounts, texts } = this.#page;
    const tick = (seconds: number, span: number) => amounts.tick(1000 * seconds, span);
    const moment = (seconds: number) => amounts.moment(1000 * seconds);
    if (kind === "connections")
      return {
        title: texts.charts.connections,
        ...{
          tick,
          moment,
          least: 4,
          axisWidth: 44,
          write: (value) => (Number.isInteger(value) ? amounts.count(value) : ""),
        },
        lines: [{ label: texts.charts.connections, color: "line-count", isFilled: true }],
      };
    return {
      title: texts.charts.traffic,
      ...{ tick, moment, least: 1000, axisWidth: 78, write: (value) => (value === 0 ? "0" : amounts.rate(value)) },
      lines: [
        { label: texts.charts.from, color: "line-in", isFilled: false },
        { label: texts.charts.to, color: "line-out", isFilled: true },
      ],
    };
  }
}
