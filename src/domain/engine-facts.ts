/** What an engine can do: decides how people are spread over shards and how a change is made live. */
export interface Capabilities {
  /** Keys that one process takes: 16 for the C proxy (`ext_secret_cnt < 16`), without bound for the trial engine. */
  readonly keysPerShard: number;
  /** One process serves obfuscated and fake-TLS clients alike. */
  readonly mixesFamilies: boolean;
  /** A changed key is live without a restart. */
  readonly changesKeysLive: boolean;
  /** A promoted channel can be carried. */
  readonly carriesTag: boolean;
}

export const dockerCapabilities: Capabilities = {
  keysPerShard: 16,
  mixesFamilies: false,
  changesKeysLive: false,
  carriesTag: true,
};

export const trialCapabilities: Capabilities = {
  keysPerShard: Number.POSITIVE_INFINITY,
  mixesFamilies: true,
  changesKeysLive: true,
  carriesTag: false,
};

/** What the binary inside an image can do, found out by running it. */
export interface ImageVerdict {
  /** The reference that was probed. */
  readonly image: string;
  /** `sha256:…` of the image's configuration: which image exactly was probed. */
  readonly imageId: string;
  /** `name@sha256:…` when the image came from a registry: what compose is given from then on. */
  readonly digest?: string;
  /** Path of the binary inside the image. */
  readonly binary: string;
  /** The version words it prints, for instance `mtproxy-0.02`. */
  readonly version: string;
  /** ISO 8601 date of compilation when it prints one. */
  readonly compiledAt?: string;
  /** Commit it was built from when it prints one. */
  readonly commit?: string;
  readonly fakeTls: boolean;
  readonly httpStats: boolean;
  /** Accepts the ≥ 1,700-byte ClientHello that current Telegram clients send. */
  readonly longHello: boolean;
  /** SIGHUP re-reads proxy-multi.conf. */
  readonly reloads: boolean;
  /** Hard limit of open files that a container gets here when it asks for none. */
  readonly openFilesLimit: number;
  /** One word for the whole: fit for every link, for padded and plain only, or not at all. */
  readonly verdict: "good" | "padded-only" | "unusable";
  /** Sentences that explain the verdict. */
  readonly reasons: readonly string[];
}

/** The HAProxy in an image, which said so itself: what its configuration may hold depends on it. */
export interface HaproxyImage {
  /** The reference that was looked into. */
  readonly image: string;
  /** `sha256:…` of the image's configuration. */
  readonly imageId: string;
  /** For instance `3.0.11-1+deb13u3`. */
  readonly version: string;
}

/** What was learned about the engine and must outlive a command; config/mtproxy/engine.json. */
export interface EngineRecord {
  readonly image?: ImageVerdict;
  /** In edge routing. */
  readonly haproxy?: HaproxyImage;
  /** The compose command in use; another one would recreate every container. */
  readonly compose?: readonly string[];
}

/** What the engine docker says where there is neither a daemon nor a client of it: then nothing of it can run. */
export const DOCKER_MISSING = "Docker is not installed here";
