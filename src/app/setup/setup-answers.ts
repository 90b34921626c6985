import { AppError } from "../../domain/errors.ts";
import { chosenParts } from "../../domain/host-record.ts";
import { shown } from "../../domain/printable.ts";
import { parseProxyTag } from "../../domain/promoted-channel.ts";
import type { EngineName } from "../../domain/settings.ts";
import { parseUserName } from "../../domain/user.ts";
import { parseSettings, type SettingOptions } from "../settings/choose-settings.ts";
import { readSetting, settingNames } from "../settings/setting-names.ts";
import type { HostWishes } from "./set-up-host.ts";

/** Everything that a setup can be told, whoever tells it: flags, variables, a file or a person. */
export interface SetupAnswers extends SettingOptions, HostWishes {
  readonly firstUser?: string | undefined;
  /** @MTProxybot's tag for this proxy. */
  readonly proxyTag?: string | undefined;
  /** Install Docker and Compose from the distribution where they are missing. */
  readonly installDocker?: boolean | undefined;
  /** What `docker save` wrote: loaded first, and the image to run unless another one is named. */
  readonly imageFile?: string | undefined;
}

type Reader = (value: unknown, name: string) => SetupAnswers;

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    settingNames.map((name) => [name, (value: unknown) => checked(readSetting(name, wordsOf(value, name)))]),
  ),
  engine: (value, name) => ({ engine: engineOf(value, name) }),
  first_user: (value, name) => ({ firstUser: parseUserName(textOf(value, name)) }),
  proxy_tag: (value, name) => ({ proxyTag: parseProxyTag(textOf(value, name)) }),
  install_docker: (value, name) => ({ installDocker: flagOf(value, name) }),
  image_file: (value, name) => ({ imageFile: textOf(value, name) }),
  use_haproxy: (value, name) => ({ routing: flagOf(value, name) ? "edge" : "direct" }),
  docker_firewall: (value, name) => ({ dockerFirewall: flagOf(value, name) }),
  stats_api: (value, name) => ({ statsApi: flagOf(value, name) }),
  stats_api_token: (value, name) => ({ statsApiToken: flagOf(value, name) }),
  ...Object.fromEntries(chosenParts.map((part) => [part, (value: unknown) => ({ [part]: flagOf(value, part) })])),
};

/** Refused where the answer was given, before anything is done with another one. */
function checked(options: SettingOptions): SetupAnswers {
  parseSettings(options);
  return options;
}

const answerNames: readonly string[] = Object.keys(readers);

/**
 * Answers in an object such as an answers file holds: settings by their names in the settings file, and what else a setup asks.
 * @param source named in errors; a person knows what they were asked
 * @throws AppError invalid, with the source and the name
 */
export function readAnswers(values: Readonly<Record<string, unknown>>, source?: string): SetupAnswers {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.assign({}, ...given.map(([name, value]) => readAnswer(name, value, source)));
}

function readAnswer(name: string, value: unknown, source: string | undefined): SetupAnswers {
  const reader = readers[name];
  if (reader === undefined) {
    throw new AppError("invalid", `${source ?? "somebody"} answers "${shown(name, 40)}", which setup does not ask`, {
      hint: `it takes ${answerNames.join(", ")}`,
    });
  }
  try {
    return reader(value, name);
  } catch (error) {
    if (!(error instanceof AppError) || source === undefined) throw error;
    throw new AppError("invalid", `${source}: ${name}: ${error.message}`, error.hint ? { hint: error.hint } : {});
  }
}

/** @throws AppError invalid unless it is one JSON object of answers */
export function parseAnswersFile(text: string, path: string): SetupAnswers {
  const values = parsed(text);
  if (typeof values === "object" && values !== null && !Array.isArray(values))
    return readAnswers(values as Record<string, unknown>, path);
  throw new AppError("invalid", `${path} is not one JSON object`, {
    hint: 'write it as {"public_host": "proxy.example.com", "first_user": "alice", "timer": true}',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Answers in variables such as MTPROXY_PUBLIC_HOST; lists are separated by blanks, empty ones do not count. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SetupAnswers {
  const found = answerNames.flatMap((name) => {
    const value = env[variableOf(name)]?.trim();
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return Object.assign({}, ...found.map(([name, value]) => readAnswers({ [name]: value }, variableOf(name))));
}

export function variableOf(name: string): string {
  return `MTPROXY_${name.toUpperCase()}`;
}

/** A list may be one text with blanks; an object is what the settings file has for datacenters. */
function wordsOf(value: unknown, name: string): string[] {
  if (Array.isArray(value)) return value.map((item) => textOf(item, name));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).map(([id, endpoint]) => `${id}=${textOf(endpoint, name)}`);
  return textOf(value, name).split(/\s+/);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new AppError("invalid", `${name} is a text`);
}

const flags: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, 1: true },
  ...{ false: false, no: false, off: false, 0: false },
};

function flagOf(value: unknown, name: string): boolean {
  const flag = typeof value === "boolean" ? value : flags[String(value).toLowerCase()];
  if (flag !== undefined) return flag;
  throw new AppError("invalid", `${name} is true or false, not "${shown(String(value), 20)}"`);
}

function engineOf(value: unknown, name: string): EngineName {
  if (value === "docker" || value === "trial") return value;
  throw new AppError("invalid", `${name} is docker or trial`);
}
