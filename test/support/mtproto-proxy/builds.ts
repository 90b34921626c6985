/** A build of the C proxy that the stand-in can pass for. */
export interface Build {
  readonly name: BuildName;
  /** What it prints of itself. */
  readonly version: string;
  /** Sizes of a fake-TLS hello that it takes, bytes of the whole record. */
  readonly hello: {
    readonly minBytes: number;
    readonly maxBytes: number;
    /** A record whose length has a higher first byte is no hello for it, whatever else it is. */
    readonly highestLengthByte: number;
  };
  /** SIGHUP reads the configuration file again. */
  readonly reloads: boolean;
  /** Has `-R`. */
  readonly hasPaddedOnly: boolean;
}

export const buildNames = ["official-2019", "official-2025", "getpagespeed"] as const;
export type BuildName = (typeof buildNames)[number];

/** Names of the environment and of the file beside the program that say which build it is. */
export const BUILD_VARIABLE = "STANDIN_BUILD";
export const BUILD_FILE = "standin-build";

const short = { minBytes: 517, maxBytes: 772, highestLengthByte: 2 };
const long = { minBytes: 517, maxBytes: 4096, highestLengthByte: 255 };

export const builds: Readonly<Record<BuildName, Build>> = {
  "official-2019": {
    name: "official-2019",
    version:
      "mtproxy-0.01 compiled at Feb  4 2020 11:08:31 by gcc 8.3.0 64-bit after commit dc0c7f3de40530053189c572936ae4fd1567269b",
    hello: short,
    reloads: false,
    hasPaddedOnly: false,
  },
  "official-2025": {
    name: "official-2025",
    version:
      "mtproxy-0.02 compiled at Nov 10 2025 09:41:07 by gcc 12.2.0 64-bit after commit cafc3380a81671579ce366d0594b9a8e450827e9",
    hello: long,
    reloads: false,
    hasPaddedOnly: false,
  },
  getpagespeed: {
    name: "getpagespeed",
    version:
      "mtproxy-3.0.5 compiled at Feb 16 2026 18:20:44 by gcc 11.4.0 64-bit after commit 4333cafad15acaf6f627b23c852ef3a4e4b68ae0",
    hello: long,
    reloads: true,
    hasPaddedOnly: true,
  },
};

export function isBuildName(text: string): text is BuildName {
  return buildNames.some((name) => name === text);
}
