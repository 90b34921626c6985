import type { Stats } from "../api/shapes.ts";
import { areTold, stateOf } from "../figures/people.ts";
import { h, type Part } from "./dom.ts";
import type { Page } from "./page.ts";

/** What one wants to know first, in large digits. */
export function tiles(page: Page): Part<Stats> {
  const element = h("dl", { class: "tiles" });
  return { element, update: (stats) => element.replaceChildren(...all(page, stats)) };
}

function all(page: Page, stats: Stats): HTMLElement[] {
  const { mtproxy, users, shards } = stats;
  const { texts, amounts } = page;
  const count = (value: number) => amounts.count(value);
  const engine = page.noteOfShards(stats);
  const noShard = engine ?? texts.notes.noShardAnswers;
  const online = users.filter((person) => stateOf(person) === "online").length;
  const isTold = areTold(users);
  const upstream = sumOf(shards.map((shard) => [shard.ready_targets, shard.declared_targets]));
  return [
    tile(
      texts.overview.connections,
      page.figure(mtproxy.active_connections, count, noShard),
      texts.overview.connectionsHelp,
    ),
    tile(
      texts.overview.online,
      page.figure(isTold ? online : null, count, page.whyUntold(stats)),
      isTold ? texts.overview.onlineOf(count(users.length)) : "",
    ),
    tile(texts.overview.sessions, page.figure(mtproxy.total_connections, count), texts.overview.sessionsHelp),
    tile(
      texts.overview.upstream,
      page.figure(upstream, ([ready, declared]) => `${count(ready)} / ${count(declared)}`, noShard),
      texts.overview.upstreamHelp,
    ),
    tile(
      texts.overview.uptime,
      page.figure(
        mtproxy.uptime_seconds,
        (seconds) => amounts.duration(seconds),
        mtproxy.running === false ? texts.overview.stopped : noShard,
      ),
      "",
    ),
  ];
}

function tile(name: string, figure: HTMLElement, help: string): HTMLElement {
  return h("div", {}, h("dt", {}, name), h("dd", {}, figure, help === "" ? null : h("small", {}, help)));
}

/** Null where nobody tells either. */
function sumOf(pairs: readonly (readonly [number | null, number | null])[]): readonly [number, number] | null {
  const told = pairs.flatMap(([ready, declared]) =>
    ready === null || declared === null ? [] : [[ready, declared] as const],
  );
  if (told.length === 0) return null;
  return told.reduce(([ready, declared], pair) => [ready + pair[0], declared + pair[1]] as const);
}
