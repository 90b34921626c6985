import type { Argument, Help, Option } from "commander";
import { version } from "../package.json";
import { buildProgram, type ProgramName } from "../src/cli.ts";
import type { CliCommand } from "../src/commands/command.ts";
import { type ErrorKind, errorMeanings, exitCodes } from "../src/domain/errors.ts";
import { defaultHome } from "../src/domain/home.ts";

/** Manual pages by file name, made from the same command tree as `--help`. */
export function manuals(): Record<string, string> {
  return {
    "familytraffic-mtproxy.1": manualPage("mtproxy", {
      names: ["familytraffic-mtproxy", "mtproxy", "vless-mtproxy"],
      purpose: "run a Telegram proxy for family and friends",
    }),
    "vless-user.1": manualPage("vless-user", {
      names: ["vless-user"],
      purpose: "people of a VLESS stack and their Telegram proxy links",
    }),
  };
}

interface Heading {
  readonly names: readonly string[];
  readonly purpose: string;
}

/** A page in the man macro language (man(7)). */
export function manualPage(program: ProgramName, { names, purpose }: Heading): string {
  const root = buildProgram(program);
  const help = root.createHelp();
  const lines = [
    `.TH ${roff(names[0] ?? program).toUpperCase()} 1 "" "familytraffic\\-mtproxy ${roff(version)}"`,
    ".SH NAME",
    `${names.map(roff).join(", ")} \\- ${roff(purpose)}`,
    ".SH SYNOPSIS",
    `.B ${roff(program)}`,
    "[options] command [arguments]",
    ".SH COMMANDS",
    ...leaves(root, help).flatMap((command) => commandSection(command, help)),
    ".SH OPTIONS OF EVERY COMMAND",
    ...help.visibleOptions(root).flatMap((option) => item(option.flags, help.optionDescription(option))),
    ".SH ENVIRONMENT",
    ...Object.entries(environment).flatMap(([name, meaning]) => item(name, meaning)),
    ".SH FILES",
    ...item(`${defaultHome}/`, "everything: settings, users, their links and QR codes, what the proxy runs with, logs"),
    ...item(
      "schemas/ in the package",
      "JSON Schemas of what --json prints, a file a command; mtproxy schema prints them",
    ),
    ".SH EXIT STATUS",
    ...Object.entries(exitMeanings).flatMap(([code, meaning]) => item(code, meaning)),
  ];
  return `${lines.join("\n")}\n`;
}

const environment: Readonly<Record<string, string>> = {
  FAMILYTRAFFIC_HOME: "where everything is kept, unless --home says",
  "MTPROXY_PUBLIC_HOST, MTPROXY_PORT, …": "answers for setup: settings and its other questions by name, in capitals",
  MTPROXY_HOST_ROOT:
    "a folder that stands for / where setup and uninstall change the machine; nothing that runs is touched",
  NO_COLOR: "when set to anything: no colour",
  DOCKER_HOST: "the Docker engine, when it is not the local one",
};

const exitMeanings: Readonly<Record<string, string>> = {
  "0": "done",
  ...Object.fromEntries(Object.entries(exitCodes).map(([kind, code]) => [code, errorMeanings[kind as ErrorKind]])),
};

/** The commands that do something, in the order of the help. */
function leaves(command: CliCommand, help: Help): CliCommand[] {
  const children = help.visibleCommands(command).filter((child) => child.name() !== "help") as CliCommand[];
  return children.length === 0 ? [command] : children.flatMap((child) => leaves(child, help));
}

function commandSection(command: CliCommand, help: Help): string[] {
  const options = help.visibleOptions(command).filter(({ long }) => long !== "--help");
  return [
    `.SS ${roff(`${command.path} ${command.usage()}`)}`,
    sentence(help.commandDescription(command)),
    ...help.visibleArguments(command).flatMap((one: Argument) => item(one.name(), help.argumentDescription(one))),
    ...options.flatMap((one: Option) => item(one.flags, help.optionDescription(one))),
    ...examples(command.exampleLines),
  ];
}

function examples(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [".PP", "Examples:", ".RS", ".nf", ...lines.map(roff), ".fi", ".RE"];
}

function item(term: string, description: string): string[] {
  return [".TP", `.B ${roff(term)}`, roff(description)];
}

function sentence(text: string): string {
  return roff(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}

/** Text that groff prints as it is: hyphens that can be copied, no escapes, no line that reads as a request. */
function roff(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/[^\n -~]/gu, (letter) => `\\[u${codeOf(letter)}]`)
    .replace(/^(?=[.'])/, "\\&");
}

function codeOf(letter: string): string {
  return (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
