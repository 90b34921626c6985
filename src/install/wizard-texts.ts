import { clockEffect, clockWords, SET_CLOCK } from "../app/doctor/compare-clocks.ts";
import type { SetupAnswers } from "../app/setup/setup-answers.ts";
import type { SetupBackground } from "../app/setup/setup-background.ts";
import { chosenParts } from "../domain/host-record.ts";

/** What a person reads before the first question. */
export function factLines({ facts }: SetupBackground): string[] {
  const docker = facts.docker === null ? "no Docker" : `Docker ${facts.docker}`;
  const compose = facts.compose === null ? "no Compose" : `Compose ${facts.compose}`;
  const address = facts.publicAddress;
  return [
    "=== MTProxy Setup Wizard ===",
    "",
    `This machine: ${facts.os}, ${facts.architecture}; ${docker}, ${compose}; UFW ${facts.ufw}`,
    address === null ? "No public address was found" : `Public address: ${address.address} (${address.from})`,
    ...notes(facts),
  ];
}

function notes(facts: SetupBackground["facts"]): string[] {
  const { vlessStack, clock } = facts;
  return [
    ...(facts.isSupported ? [] : ["! this system is not one that is tested: Debian 11-13 or Ubuntu 20.04-26.04"]),
    ...(facts.architecture === "x64" ? [] : ["! Telegram's proxy is for amd64 only: here the trial engine runs"]),
    ...(facts.isRoot ? [] : ["! not root: nothing is installed on the machine outside the home"]),
    ...(clock === null || clockEffect(clock) === "none"
      ? []
      : [`! ${clockWords(clock)}; fake-TLS links die of that: ${SET_CLOCK}`]),
    ...(vlessStack === null ? [] : [`A VLESS stack is here (${stackSize(vlessStack)}): its files stay as they are`]),
    ...facts.foreignCommands.map(({ name, path }) => `! ${path} is another program's ${name}: it stays`),
  ];
}

function stackSize({ users, files }: NonNullable<SetupBackground["facts"]["vlessStack"]>): string {
  return `${users} users of its own, ${files.length} files`;
}

/** What is going to happen, before the last question. */
export function summaryLines(answers: SetupAnswers, { settings }: SetupBackground): string[] {
  const chosen = [
    ...chosenParts.filter((part) => answers[part] === true),
    ...(answers.dockerFirewall === true ? ["docker-firewall"] : []),
  ];
  const dropped = chosenParts.filter((part) => answers[part] === false);
  const cover = answers.coverDomain === undefined ? "" : ` as ${answers.coverDomain}`;
  const rows: readonly (readonly [string, string])[] = [
    ["Links name", `${answers.publicHost} port ${answers.port}`],
    [
      "Engine",
      answers.engine === "trial" ? "trial (not for production)" : `docker, ${answers.image ?? settings.image}`,
    ],
    ...(answers.engine === "trial"
      ? []
      : [
          [
            "Routing",
            answers.routing === "edge" ? `HAProxy, ${settings.haproxyImage}` : "each proxy for itself",
          ] as const,
        ]),
    ["Workers", String(answers.workers)],
    ["Mode", `${answers.mode}${cover}`],
    ["First user", answers.firstUser ?? "none yet"],
    ["Promoted channel", answers.proxyTag === undefined ? "none" : "yes"],
    ...(answers.installDocker === true ? [["Install", "Docker and Compose"] as const] : []),
    ["On this machine", chosen.join(", ") || "nothing"],
    ...(dropped.length === 0 ? [] : [["Without", dropped.join(", ")] as const]),
  ];
  return ["Summary:", ...rows.map(([name, value]) => `  ${`${name}:`.padEnd(18)}${value}`)];
}
