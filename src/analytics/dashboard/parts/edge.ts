import type { Stats } from "../api/shapes.ts";
import { h, type Part, section } from "./dom.ts";
import { facts } from "./facts.ts";
import type { Page } from "./page.ts";

/** HAProxy and its agents; hidden where nothing is routed by it. */
export function edge(page: Page): Part<Stats> {
  const content = h("div");
  const element = section("edge", page.texts.edge.title, content);
  element.hidden = true;
  return {
    element,
    update: ({ edge: figures }) => {
      element.hidden = figures === null;
      if (figures !== null) content.replaceChildren(list(page, figures));
    },
  };
}

function list(page: Page, figures: NonNullable<Stats["edge"]>): HTMLElement {
  const { texts, amounts } = page;
  const words = texts.edge;
  const count = (value: number) => amounts.count(value);
  const why = figures.running === false ? texts.shards.stopped : texts.notes.noAnswer;
  const health = healthOf(figures);
  const verdicts = Object.entries(figures.verdicts).sort(([, a], [, b]) => b - a);
  return facts([
    [texts.shards.state, h("span", { class: `state ${health}` }, texts.shards[health])],
    [words.connections, page.figure(figures.connections, count, why)],
    [words.agents, words.agentsOf(count(figures.agents))],
    [words.oldWorkers, page.figure(figures.old_workers, count, why)],
    [words.uptime, page.figure(figures.uptime_seconds, (seconds) => amounts.duration(seconds), why)],
    verdicts.length === 0
      ? null
      : [
          words.verdicts,
          h(
            "ul",
            { class: "plain-list" },
            ...verdicts.map(([name, sum]) => h("li", {}, `${words.kinds[name] ?? name}: ${count(sum)}`)),
          ),
        ],
  ]);
}

function healthOf({ running, connections, uptime_seconds: uptime }: NonNullable<Stats["edge"]>) {
  if (running === false) return "stopped";
  return connections === null && uptime === null ? "silent" : "healthy";
}
