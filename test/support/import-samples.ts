import { join, resolve } from "node:path";

/** Files of other proxies, in their own formats; every port in them is 8443, and every server proxy.example. */
export const importSamples = resolve(import.meta.dirname, "../fixtures/import");

export interface ImportSample {
  readonly format: string;
  readonly file: string;
  /** Names that people get, with the link that their own proxy handed out: its secret, and whether it names port and server. */
  readonly people: Readonly<Record<string, string>>;
  /** Beginnings of what is refused. */
  readonly refused?: readonly string[];
  readonly disabled?: readonly string[];
  /** What is found there and not taken. */
  readonly settings?: readonly string[];
  readonly coverDomains?: readonly string[];
  /** Whether links of the file can be told to be unchanged: it names a port. */
  readonly knowsPort: boolean;
}

const ee = (digits: string, domain: string) => `ee${digits}${Buffer.from(domain).toString("hex")}`;
const key = (start: string, end: number) => start.padEnd(31, "0") + end;

export const samples: readonly ImportSample[] = [
  {
    format: "mtproxymax",
    file: "mtproxymax/secrets.conf",
    people: {
      anna: ee(key("1", 1), "www.example.org"),
      ben: ee(key("1", 2), "www.example.org"),
      chris: ee(key("1", 3), "www.example.org"),
    },
    disabled: ["chris"],
    settings: ["tag"],
    coverDomains: ["www.example.org"],
    knowsPort: true,
  },
  {
    format: "mtprotoproxy",
    file: "mtprotoproxy/config.py",
    people: { "Jorg-Muller": ee(key("2", 1), "www.example.net"), ana: ee(key("2", 2), "www.example.net") },
    refused: ["short: a key is 32 hex digits"],
    settings: ["tag"],
    coverDomains: ["www.example.net"],
    knowsPort: true,
  },
  {
    format: "telemt",
    file: "telemt/config.toml",
    people: { hello: ee(key("3", 1), "static.example.org"), "mr.-bean": ee(key("3", 2), "static.example.org") },
    settings: ["tag"],
    coverDomains: ["static.example.org"],
    knowsPort: true,
  },
  {
    format: "mtg",
    file: "mtg/config.toml",
    people: { imported: ee(key("4", 1), "cdn.example.net") },
    coverDomains: ["cdn.example.net"],
    knowsPort: true,
  },
  {
    format: "mtg1",
    file: "mtg1/mtg.service",
    people: { imported: `dd${key("41", 1)}` },
    settings: ["tag"],
    knowsPort: true,
  },
  {
    format: "official-secret",
    file: "official/secret",
    people: { imported: key("5", 1), "imported-2": key("5", 2) },
    knowsPort: false,
  },
  {
    format: "official-env",
    file: "official/proxy.env",
    people: { imported: key("51", 1), "imported-2": key("51", 2) },
    settings: ["workers", "tag"],
    knowsPort: false,
  },
  {
    format: "hirbod",
    file: "hirbod/mtconfig.conf",
    people: { imported: ee(key("6", 1), "www.example.edu"), "imported-2": ee(key("6", 2), "www.example.edu") },
    settings: ["workers", "tag"],
    coverDomains: ["www.example.edu"],
    knowsPort: true,
  },
  {
    format: "v2ray",
    file: "v2ray/config.json",
    people: { love: key("7", 1), imported: key("7", 2) },
    knowsPort: true,
  },
  {
    format: "mtproto-proxy",
    file: "mtproto-proxy/MTProxy.service",
    people: { imported: `dd${key("71", 1)}`, "imported-2": `dd${key("71", 2)}` },
    settings: ["workers", "tag"],
    knowsPort: true,
  },
  {
    format: "familytraffic-secrets",
    file: "familytraffic/config/mtproxy/mtproxy_secrets.json",
    people: { "the-family": `dd${key("8", 1)}`, imported: `dd${key("8", 2)}` },
    refused: ["secret 3: "],
    disabled: ["imported"],
    settings: ["workers", "tag"],
    knowsPort: true,
  },
  {
    format: "familytraffic-secrets",
    file: "familytraffic/config/mtproxy/secrets.json",
    people: { ann: key("81", 1), ben: `dd${key("81", 2)}`, cem: ee(key("81", 3), "www.example.com") },
    settings: ["workers", "tag"],
    coverDomains: ["www.example.com"],
    knowsPort: true,
  },
  {
    format: "familytraffic-env",
    file: "familytraffic/.env",
    people: { imported: `dd${key("82", 1)}`, "imported-2": key("82", 2) },
    settings: ["tag"],
    knowsPort: false,
  },
  {
    format: "familytraffic-config",
    file: "familytraffic/config/mtproxy/mtproxy_config.json",
    people: {},
    settings: ["workers"],
    knowsPort: false,
  },
  {
    format: "familytraffic-config",
    file: "familytraffic/config/mtproxy/promoted_channel.json",
    people: {},
    settings: ["tag"],
    knowsPort: false,
  },
  {
    format: "links",
    file: "links/links.txt",
    people: {
      olga: `dd${key("9", 1)}`,
      imported: ee(key("9", 2), "media.example.org"),
      "imported-2": `dd${key("9", 3)}`,
      peter: key("9", 4),
      petra: `dd${key("9", 5)}`,
    },
    refused: ["line 7: ", "not a: "],
    coverDomains: ["media.example.org"],
    knowsPort: true,
  },
];

export function samplePath({ file }: Pick<ImportSample, "file">): string {
  return join(importSamples, file);
}
