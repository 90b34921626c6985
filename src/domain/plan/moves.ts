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
  const goesOn = (first: Move, second: Move) => first.holder === second.holder && first.toPort === second.fromPort;
  const isThere = ({ holder, toPort }: Move) =>
    [...placements.values()].some((place) => place.holder === holder && place.port === toPort);
  const kept = before.filter((first) => !now.some((second) => goesOn(first, second)) && isThere(first));
  const led = now.map((second) => {
    const first = before.find((move) => goesOn(move, second));
    return first === undefined ? second : { ...second, fromPort: first.fromPort };
  });
  return [...kept, ...led].filter(({ fromPort, toPort }) => fromPort !== toPort);
}
