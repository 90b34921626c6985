import { AppError } from "../../domain/errors.ts";
import type { Mode } from "../../domain/secret.ts";
import { type PythonModule, type PythonValue, readPython } from "./python-literals.ts";
import {
  bareKey,
  type Candidate,
  chosenMode,
  domainTextOf,
  endOf,
  type ImportFormat,
  modeNotes,
  notTaken,
  objectOf,
  portOf,
  sortOut,
  tagOf,
  textOf,
} from "./source.ts";

/** Their defaults, where the file says nothing. */
const DEFAULT_DOMAIN = "www.google.com";
const DEFAULT_PORT = 3256;
const ALL_MODES: readonly Mode[] = ["plain", "padded", "fake-tls"];

/** alexbers/mtprotoproxy's config.py, which HirbodBehnam's MTProtoProxyInstall.sh writes too. It is read as data and never run. */
export const mtprotoproxy: ImportFormat = {
  title: "alexbers' mtprotoproxy",
  matches: ({ text }) => /^USERS[ \t]*=(?!=)/m.test(text),
  read: ({ text, mode: wanted }) => {
    const module = readPython(text);
    const users = module.values.get("USERS");
    if (users === undefined || Array.isArray(users) || typeof users !== "object") throw noUsers(module);
    const get = (name: string): PythonValue | undefined => module.values.get(name);
    const served = servedModes(get);
    const mode = chosenMode(served, wanted);
    const named = module.computed.has("TLS_DOMAIN") ? undefined : (get("TLS_DOMAIN") ?? DEFAULT_DOMAIN);
    const domain = mode === "fake-tls" ? domainTextOf(named) : undefined;
    const port = module.computed.has("PORT") ? undefined : (portOf(get("PORT")) ?? DEFAULT_PORT);
    const publicHost = textOf(get("MY_DOMAIN"));
    const candidates = Object.entries(objectOf(users)).map(
      ([name, key]): Candidate => ({
        what: name,
        name,
        expiresAt: startOfDay(objectOf(get("USER_EXPIRATIONS"))[name]),
        port,
        server: publicHost,
        read: () => bareKey(key, mode, domain),
      }),
    );
    return {
      ...sortOut(candidates),
      settings: { port, publicHost, tag: tagOf(get("AD_TAG")) },
      notes: [...modeNotes(served, mode), ...limitNotes(get), ...computedNotes(module)],
    };
  },
};

/** Without MODES all are on; the older SECURE_ONLY and TLS_ONLY take some away. */
function servedModes(get: (name: string) => PythonValue | undefined): Mode[] {
  const modes = get("MODES");
  const given = modes === undefined ? undefined : objectOf(modes);
  const names: Readonly<Record<Mode, string>> = { plain: "classic", padded: "secure", "fake-tls": "tls" };
  const on = ALL_MODES.filter((mode) => given === undefined || given[names[mode]] === true);
  if (get("TLS_ONLY") === true) return ["fake-tls"];
  return get("SECURE_ONLY") === true ? on.filter((mode) => mode !== "plain") : on;
}

/** `31/01/2030`: the link ends when that day begins. */
function startOfDay(value: unknown): string | undefined {
  const [, day, month, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(String(value ?? "")) ?? [];
  return year && endOf(`${year}-${month?.padStart(2, "0")}-${day?.padStart(2, "0")}T00:00:00Z`);
}

function limitNotes(get: (name: string) => PythonValue | undefined): string[] {
  const lists = { USER_MAX_TCP_CONNS: "limits", USER_DATA_QUOTA: "quotas" };
  return Object.entries(lists).flatMap(([name, what]) => notTaken(what, Object.keys(objectOf(get(name))).length));
}

function computedNotes({ computed }: PythonModule): string[] {
  const needed = ["PORT", "TLS_DOMAIN", "MODES", "AD_TAG", "MY_DOMAIN"].filter((name) => computed.has(name));
  return needed.map((name) => `${name} is computed there, and nothing of the file is run: it is left out`);
}

function noUsers({ computed }: PythonModule): AppError {
  const why = computed.has("USERS") ? "computes USERS, and nothing of it is run" : "has no USERS";
  return new AppError("invalid", `the file ${why}`, {
    hint: 'write the people down as USERS = {"name": "32 hex digits"}, or import their links',
  });
}
