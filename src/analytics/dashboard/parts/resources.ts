import type { Stats } from "../api/shapes.ts";
import { bar } from "./bar.ts";
import { type Child, h, type Part } from "./dom.ts";
import { facts } from "./facts.ts";
import type { Page } from "./page.ts";

/** What the proxies take, and what the server has left. */
export function resources(page: Page): Part<Stats> {
  const element = h("div");
  return {
    element,
    update: (stats) => element.replaceChildren(facts([...ofProxies(page, stats), ...ofHost(page, stats)])),
  };
}

function ofProxies(page: Page, { resources }: Stats): (readonly [string, Child])[] {
  const { texts, amounts } = page;
  const words = texts.resources;
  const { cpu_percent: cpu, memory_bytes: memory, network_rx_bytes: received, network_tx_bytes: sent } = resources;
  const noCpu = memory === null ? texts.notes.engine : texts.notes.firstLook;
  const noNetwork = memory === null ? texts.notes.engine : texts.notes.hostNetwork;
  return [
    [words.cpu, page.figure(cpu, (value) => amounts.cpu(value), noCpu)],
    [words.memory, page.bytes(memory, texts.notes.engine)],
    [words.received, page.bytes(received, noNetwork)],
    [words.sent, page.bytes(sent, noNetwork)],
  ];
}

function ofHost(page: Page, { host }: Stats): (readonly [string, Child])[] {
  const { texts, amounts } = page;
  const words = texts.resources;
  const load = host.load.map((value) => amounts.decimal(value));
  return [
    [words.load, `${load.join(" · ")} (${words.cores(host.cores)})`],
    [words.hostMemory, used(page, host.memory_bytes, host.memory_free_bytes)],
    [words.disk, used(page, host.disk_bytes, host.disk_free_bytes)],
  ];

  function used({ texts }: Page, all: number | null, free: number | null): HTMLElement {
    if (all === null || free === null || all === 0) return page.figure(null, String, texts.notes.notCounted);
    return bar((all - free) / all, words.used(amounts.bytes(all - free), amounts.bytes(all)));
  }
}
