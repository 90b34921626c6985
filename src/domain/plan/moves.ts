import type { Move, ShardBook } from "../shard.ts";
import type { Placement } from "./types.ts";

/** Links that change: with this plan, and with plans before that never became live. */
export function movesSince(book: ShardBook, placements: ReadonlyMap<string, Placement>): Move[] {
  const now: Move[] = [];
  for (const { port, slots } of book.shards) {
    for (const { key, holder } of slots) {
      const place = holder === undefined ? undefined : placements.get(key.reveal());
      if (place !== undefined && place.port !== port)
        now.push({ holder: place.holder, fromPort: port, toPort: place.port });
    }
  }
  return book.moving.length === 0 ? now : joined(book.moving, now, placements);
}

/** Two moves in a row are one, and one that leads back is none. */
function joined(before: readonly Move[], now: readonly Move[], placements: ReadonlyMap<string, Placement>): Move[] {
  const first = new Map(before.toReversed().map((move) => [at(move.holder, move.toPort), move]));
  const left = new Set(now.map(({ holder, fromPort }) => at(holder, fromPort)));
  const there = new Set([...placements.values()].map(({ holder, port }) => at(holder, port)));
  const isKept = (place: string) => there.has(place) && !left.has(place);
  const kept = before.filter(({ holder, toPort }) => isKept(at(holder, toPort)));
  const led = now.map((move) => {
    const fromPort = first.get(at(move.holder, move.fromPort))?.fromPort ?? move.fromPort;
    return { ...move, fromPort };
  });
  return [...kept, ...led].filter(({ fromPort, toPort }) => fromPort !== toPort);
}

function at(holder: string, port: number): string {
  return `${holder} ${port}`;
}
