import type { Shard, Stats } from "../api/shapes.ts";
import { table } from "./data-table.ts";
import { type Child, h, type Part } from "./dom.ts";
import type { Page } from "./page.ts";

/** Every proxy, and whether it has a way to Telegram. */
export function shards(page: Page): Part<Stats> {
  const element = h("div", { class: "scroll", role: "group", tabindex: 0, "aria-label": page.texts.shards.title });
  return {
    element,
    update: (stats) =>
      element.replaceChildren(
        stats.shards.length === 0 ? (page.noteOfShards(stats) ?? page.texts.shards.none) : list(page, stats),
      ),
  };
}

function list(page: Page, stats: Stats): HTMLElement {
  const { shards } = page.texts;
  const traffic = [shards.traffic, shards.memory, shards.uptime];
  const headings = [shards.name, shards.state, shards.upstream, shards.sessions, shards.kind, shards.port, ...traffic];
  const element = table(
    shards.caption,
    headings,
    stats.shards.map((shard) => cells(page, shard)),
  );
  element.classList.add("cards");
  return element;
}

type Health = "healthy" | "noUpstream" | "silent" | "stopped";

function healthOf({ running, active_connections: active, ready_targets: ready }: Shard): Health {
  if (!running) return "stopped";
  if (active === null && ready === null) return "silent";
  return ready === 0 ? "noUpstream" : "healthy";
}

function cells(page: Page, shard: Shard): Child[] {
  const { texts, amounts } = page;
  const health = healthOf(shard);
  const count = (value: number) => amounts.count(value);
  const upstream = shard.ready_targets === null ? null : `${shard.ready_targets} / ${shard.declared_targets ?? "?"}`;
  const why = health === "healthy" ? texts.notes.notCounted : null;
  return [
    shard.name,
    h("span", { class: `state ${health}` }, texts.shards[health]),
    page.figure(upstream, (text) => text, why),
    page.figure(shard.active_connections, count, why),
    shard.kind,
    String(shard.port),
    h("span", {}, page.bytes(shard.bytes_in, why), " / ", page.bytes(shard.bytes_out)),
    page.bytes(shard.memory_bytes, why),
    page.figure(shard.uptime_seconds, (seconds) => amounts.duration(seconds)),
  ];
}
