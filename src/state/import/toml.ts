import { parse, TomlError } from "smol-toml";
import { AppError } from "../../domain/errors.ts";
import type { Mode } from "../../domain/secret.ts";
import type { JsonObject } from "../fields.ts";
import { readClientSecret } from "./client-text.ts";
import {
  bareKey,
  type Candidate,
  chosenMode,
  domainTextOf,
  endOf,
  type ImportFormat,
  listOf,
  modeNotes,
  notTaken,
  objectOf,
  portOf,
  portOfAddress,
  sortOut,
  tagOf,
  textOf,
} from "./source.ts";

/** telemt's config.toml: `[access.users]` name = 32 digits, `[general.modes]`, `[censorship] tls_domain`, `[server] port`. */
export const telemt: ImportFormat = {
  title: "telemt",
  matches: ({ text }) => /^\s*\[\s*access\s*\.\s*users\s*\]/m.test(text),
  read: ({ text, mode: wanted }) => {
    const document = readToml(text);
    const [general, server, access] = [document.general, document.server, document.access].map(objectOf) as Tables;
    const censorship = objectOf(document.censorship);
    const links = objectOf(general.links);
    const served = servedModes(objectOf(general.modes));
    const mode = chosenMode(served, wanted);
    const domain = mode === "fake-tls" ? domainTextOf(censorship.tls_domain) : undefined;
    const port = portOf(links.public_port) ?? portOf(server.port);
    const publicHost = textOf(links.public_host);
    const ends = objectOf(access.user_expirations);
    const candidates = Object.entries(objectOf(access.users)).map(
      ([name, key]): Candidate => ({
        what: name,
        name,
        expiresAt: endOf(ends[name]),
        port,
        server: publicHost,
        read: () => bareKey(key, mode, domain),
      }),
    );
    const isEverybodyTagged = tagOf(general.ad_tag);
    return {
      ...sortOut(candidates),
      settings: { port, publicHost, tag: isEverybodyTagged },
      notes: [...modeNotes(served, mode), ...domainNotes(censorship), ...accessNotes(access)],
    };
  },
};

type Tables = [JsonObject, JsonObject, JsonObject];

/** telemt's own default is fake-TLS only. */
function servedModes({ classic = false, secure = false, tls = true }: JsonObject): Mode[] {
  const on: [Mode, unknown][] = [
    ["plain", classic],
    ["padded", secure],
    ["fake-tls", tls],
  ];
  return on.filter(([, isOn]) => isOn === true).map(([mode]) => mode);
}

function domainNotes({ tls_domains }: JsonObject): string[] {
  const others = listOf(tls_domains).filter((domain) => typeof domain === "string");
  return others.length === 0 ? [] : [`links with its other domains do not work here: ${others.join(", ")}`];
}

const LIMITS: Readonly<Record<string, string>> = {
  user_max_tcp_conns: "limits",
  user_max_unique_ips: "limits of addresses",
  user_data_quota: "quotas",
  user_ad_tags: "tags of their own",
};

function accessNotes(access: JsonObject): string[] {
  return Object.entries(LIMITS).flatMap(([name, what]) => notTaken(what, Object.keys(objectOf(access[name])).length));
}

/** mtg 2's TOML: one `secret` in the client form, `bind-to`. Forks with several name them in `[secrets]`. */
export const mtg: ImportFormat = {
  title: "mtg 2",
  matches: ({ text }) => /^\s*secret\s*=\s*["']/m.test(text) || /^\s*\[secrets\]/m.test(text),
  read: ({ text }) => {
    const document = readToml(text);
    const port = portOfAddress(document["bind-to"]);
    const publicHost =
      textOf(document["public-ipv4"]) ?? textOf(objectOf(objectOf(document.network)["public-ip"]).ipv4);
    const named = Object.entries(objectOf(document.secrets));
    const all: [string | undefined, unknown][] =
      document.secret === undefined ? named : [[undefined, document.secret], ...named];
    const candidates = all.map(
      ([name, secret]): Candidate => ({
        what: name ?? "the secret",
        name,
        port,
        server: publicHost,
        read: () => readClientSecret(String(secret)),
      }),
    );
    return { ...sortOut(candidates), settings: { port, publicHost }, notes: [] };
  },
};

/** The place where the text is wrong is told, never the text: it may be a key. */
function readToml(text: string): JsonObject {
  try {
    return objectOf(parse(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new AppError("invalid", `the file is not TOML: look at line ${error.line}, column ${error.column}`, {
      hint: "nothing was changed; correct the file, or name its kind with --from",
    });
  }
}
