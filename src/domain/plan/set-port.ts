import { AppError } from "../errors.ts";
import { shardName } from "../shard.ts";

/** The first shard gets the set port, so nobody else may have it. */
const FIRST = 1;

interface PlacedShard {
  readonly id: number;
  readonly port: number;
}

/** The shard whose links name a port that the first shard shall get; undefined when there is none. */
export function otherShardOn<S extends PlacedShard>(port: number, shards: readonly S[]): S | undefined {
  return shards.find((shard) => shard.id !== FIRST && shard.port === port);
}

/**
 * setup refuses such a port; in settings that were edited by hand it shows here.
 * @throws AppError conflict when the set port is another shard's, naming both and the way out
 */
export function refuseOthersPort(port: number, shards: readonly PlacedShard[]): void {
  const first = shards.find(({ id }) => id === FIRST);
  const other = otherShardOn(port, shards);
  if (first === undefined || other === undefined) return;
  const message = `${shardName(FIRST)} shall get port ${port}, which is the one of ${shardName(other.id)}, whose links name it`;
  throw new AppError("conflict", message, {
    hint: `mtproxy setup --port ${first.port === port ? "N takes a port that is free" : `${first.port} keeps the port that it has`}`,
  });
}
