import type { EngineRecord } from "../domain/engine-facts.ts";
import type { HostEntry } from "../domain/host-record.ts";
import type { LedgerState } from "../domain/ledger.ts";
import type { GroupChannel, PromotedChannel } from "../domain/promoted-channel.ts";
import type { Retry } from "../domain/retry.ts";
import type { Settings } from "../domain/settings.ts";
import type { ShardBook } from "../domain/shard.ts";
import type { SharedSecret } from "../domain/shared-secret.ts";
import type { TelegramRecord } from "../domain/telegram-record.ts";
import { type CoverDomainsStore, createCoverDomainsStore } from "./cover-domains-store.ts";
import type { DefaultedStore } from "./defaulted-store.ts";
import { createEngineRecordStore } from "./engine-record-store.ts";
import { createHostRecordStore } from "./host-record-store.ts";
import type { Store, StoreParts } from "./json-store.ts";
import { createLedgerStore } from "./ledger-store.ts";
import { stateLock } from "./paths.ts";
import { createGroupChannelsStore, createPromotedChannelStore } from "./promoted-channel-store.ts";
import { createRetryStore } from "./retry-store.ts";
import { createSettingsStore } from "./settings-store.ts";
import { createShardsStore } from "./shards-store.ts";
import { createSharedSecretsStore } from "./shared-secrets-store.ts";
import { createTelegramRecordStore } from "./telegram-record-store.ts";
import { createTelegramStore, type TelegramStore } from "./telegram-store.ts";
import { createUsersStore, type UsersStore } from "./users-store.ts";

/** Everything that a home remembers. Files that do not validate stop the reader and are never overwritten. */
export interface Stores {
  /** Undefined until a home is set up. */
  readonly settings: Store<Settings>;
  readonly users: UsersStore;
  readonly sharedSecrets: DefaultedStore<readonly SharedSecret[]>;
  readonly shards: DefaultedStore<ShardBook>;
  readonly promotedChannel: Store<PromotedChannel>;
  readonly groupChannels: DefaultedStore<readonly GroupChannel[]>;
  readonly coverDomains: CoverDomainsStore;
  readonly engineRecord: DefaultedStore<EngineRecord>;
  /** What we put on the machine outside the home. */
  readonly hostRecord: DefaultedStore<readonly HostEntry[]>;
  /** What the timer remembers between two runs. */
  readonly retry: DefaultedStore<Retry>;
  /** What everybody used, by the daemon. */
  readonly ledger: DefaultedStore<LedgerState>;
  readonly telegram: TelegramStore;
  readonly telegramRecord: DefaultedStore<TelegramRecord>;
  /** Runs work that reads and writes several of them under the state lock; their own updates may be inside. */
  exclusively<T>(purpose: string, work: () => Promise<T>): Promise<T>;
}

export function createStores(parts: StoreParts): Stores {
  const settings = createSettingsStore(parts);
  return {
    settings,
    users: createUsersStore(parts, settings),
    sharedSecrets: createSharedSecretsStore(parts),
    shards: createShardsStore(parts),
    promotedChannel: createPromotedChannelStore(parts),
    groupChannels: createGroupChannelsStore(parts),
    coverDomains: createCoverDomainsStore(parts),
    engineRecord: createEngineRecordStore(parts),
    hostRecord: createHostRecordStore(parts),
    retry: createRetryStore(parts),
    ledger: createLedgerStore(parts),
    telegram: createTelegramStore(parts),
    telegramRecord: createTelegramRecordStore(parts),
    exclusively: (purpose, work) => parts.locks.withLock(stateLock(parts.paths), work, { purpose }),
  };
}
