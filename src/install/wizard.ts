import { addressLookups } from "../app/setup/host-facts.ts";
import { lacksDocker } from "../app/setup/install-docker.ts";
import { readAnswers, type SetupAnswers } from "../app/setup/setup-answers.ts";
import { readSetupBackground, type SetupBackground } from "../app/setup/setup-background.ts";
import type { CommandContext } from "../commands/command.ts";
import { AppError } from "../domain/errors.ts";
import type { Mode } from "../domain/secret.ts";
import { factLines, summaryLines } from "./wizard-texts.ts";

type Answers = SetupAnswers;

/** Answers so far, and what the next question is asked from. */
interface Dialogue {
  readonly ctx: CommandContext;
  readonly background: SetupBackground;
  /** What the environment answers: proposed, as what was set up before is. */
  readonly given: Answers;
}

/**
 * Asks what a setup needs, each question with what is there or likely as its default, and a bad answer again with the reason.
 * Nothing is written before the last question is answered.
 * @returns undefined when the person does not want it
 */
export async function askForAnswers(ctx: CommandContext, given: Answers): Promise<Answers | undefined> {
  const background = await readSetupBackground(ctx, given, addressLookups);
  const { isRepeated } = background;
  const question = isRepeated ? "MTProxy is set up here: change or repair it?" : "Install MTProxy?";
  const details = factLines(background).join("\n");
  if (!(await ctx.ask.confirm(question, { default: isRepeated, details }))) return undefined;
  const answers = await askEverything({ ctx, background, given });
  const summary = ["", ...summaryLines(answers, background)].join("\n");
  return (await ctx.ask.confirm("Go ahead?", { default: true, details: summary })) ? answers : undefined;
}

async function askEverything(dialogue: Dialogue): Promise<Answers> {
  let answers = dialogue.given;
  const questions = [askEngine, askPublicHost, askPort, askWorkers, askRouting, askMode, askFirstUser, askTag, askHost];
  for (const ask of questions) answers = { ...answers, ...(await ask(dialogue, answers)) };
  return answers;
}

type Question = (dialogue: Dialogue, answers: Answers) => Promise<Answers>;

const askEngine: Question = async ({ ctx, background: { facts, settings } }, { engine = settings.engine }) => {
  if (engine === "trial") return { engine };
  const canDocker = facts.architecture === "x64";
  if (canDocker && !lacksDocker(facts)) return { engine };
  const install = "Docker is missing here. Install it from the distribution's packages?";
  if (canDocker && (await ctx.ask.confirm(install, { default: true }))) return { engine, installDocker: true };
  const trial = "Take the trial engine, for a first look and not for production?";
  if (await ctx.ask.confirm(trial, { default: false })) return { engine: "trial" };
  throw new AppError("environment", canDocker ? "Docker is missing" : "Telegram's proxy is for amd64 only", {
    hint: canDocker ? "install Docker and Compose, then: mtproxy setup" : "take a server with an amd64 processor",
  });
};

const askPublicHost: Question = async (dialogue) => {
  const { settings, facts } = dialogue.background;
  const guess = dialogue.given.publicHost ?? (settings.publicHost || facts.publicAddress?.address);
  return askSetting(dialogue, "Host name or public address that links name:", "public_host", guess);
};

const askPort: Question = (dialogue) => {
  const { ctx, background, given } = dialogue;
  const { settings, isRepeated } = background;
  return askSetting(dialogue, "Port:", "port", String(given.port ?? settings.port), async ({ port = 0 }) => {
    const isOwn = isRepeated && port === settings.port;
    if (isOwn || (await ctx.host.isPortFree(port))) return;
    throw new AppError("environment", `port ${port} is taken by another program`);
  });
};

const askWorkers: Question = (dialogue) =>
  askSetting(
    dialogue,
    "Number of workers (0 is right for most):",
    "workers",
    String(dialogue.given.workers ?? dialogue.background.settings.workers),
  );

const askRouting: Question = async ({ ctx, background: { settings } }, { engine, routing = settings.routing }) => {
  if (engine === "trial") return { routing: "direct" };
  const isWanted = await ctx.ask.confirm("Put HAProxy before the proxy?", {
    default: routing === "edge",
    details: ROUTING,
  });
  return { routing: isWanted ? "edge" : "direct" };
};

const ROUTING =
  "HAProxy can know who is connecting: limits and figures for each person, and taking a key away cuts nobody else; it costs one" +
  " more container and, on this machine, three processes of about 70 MB each.";

const askMode: Question = async (dialogue, answers) => {
  const { ctx, background } = dialogue;
  const present: Mode = answers.mode ?? background.settings.defaultMode;
  const padding = "Enable random padding (recommended)?";
  if (await ctx.ask.confirm(padding, { default: present === "padded" })) return { mode: "padded" };
  const fakeTls = "Imitate visits to a web site instead (fake-TLS)?";
  if (!(await ctx.ask.confirm(fakeTls, { default: present === "fake-tls" }))) return { mode: "plain" };
  const cover = answers.coverDomain ?? background.coverDomain;
  return { mode: "fake-tls", ...(await askSetting(dialogue, "Cover domain:", "default_cover_domain", cover)) };
};

/** Who comes later is added by a command: this one shows that everything works. */
const askFirstUser: Question = async (dialogue, answers) =>
  dialogue.background.hasUsers
    ? {}
    : askOptional(dialogue, "First user (empty for none yet):", "first_user", answers.firstUser ?? "");

const askTag: Question = async (dialogue, { engine, proxyTag }) =>
  engine === "trial"
    ? {}
    : askOptional(
        dialogue,
        "Tag of a promoted channel, from @MTProxybot (empty for none):",
        "proxy_tag",
        proxyTag ?? dialogue.background.proxyTag,
      );

const askHost: Question = async ({ ctx, background }, answers) => {
  const { facts, installed } = background;
  if (!facts.isRoot && ctx.machine.root === undefined) return {};
  const { services, ufw } = facts;
  const has = (part: (typeof installed)[number]) => installed.includes(part);
  const ask = (isPossible: boolean, question: string, byDefault: boolean) =>
    isPossible ? ctx.ask.confirm(question, { default: byDefault }) : Promise.resolve(undefined);
  const firewall = await ask(
    ufw !== "missing",
    "Allow the port in UFW?",
    answers.firewall ?? (ufw === "active" || has("firewall")),
  );
  const dockerFirewall =
    answers.engine === "trial" || answers.routing === "edge" || ufw === "missing" || !firewall
      ? answers.dockerFirewall
      : await ask(
          true,
          "Docker publishes ports past UFW: let UFW's route rules count for this proxy's?",
          answers.dockerFirewall ?? background.settings.dockerFirewall,
        );
  const timer = await ask(
    services.systemd || services.cron,
    "Let a timer fetch Telegram's addresses and do what is due?",
    answers.timer ?? true,
  );
  const logs = await ask(
    services.logrotate || services.fail2ban,
    `Write files for logrotate and fail2ban (${answers.routing === "edge" ? "who guesses keys is banned" : "its jail stays off"})?`,
    answers.logrotate ?? true,
  );
  const commands = await ask(
    !facts.isOnPath || has("commands"),
    "Put the commands into /usr/local/bin?",
    answers.commands ?? true,
  );
  const canHelp = background.canComplete || has("completion");
  const completion = await ask(
    canHelp,
    "Let Tab complete commands and people's names, and install the manual page?",
    answers.completion ?? true,
  );
  const fail2ban = services.fail2ban ? logs : undefined;
  return {
    firewall,
    timer,
    logrotate: services.logrotate ? logs : undefined,
    fail2ban,
    commands,
    completion,
    man: completion,
    dockerFirewall,
  };
};

/** A setting by its name in the file, held to the rules that it has everywhere else. */
async function askSetting(
  { ctx }: Dialogue,
  question: string,
  name: string,
  byDefault: string | undefined,
  check: (answer: Answers) => unknown = () => {},
): Promise<Answers> {
  const read = (text: string) => readAnswers({ [name]: text.trim() });
  const text = await ctx.ask.text(question, {
    flag: `--${name.replaceAll("_", "-")}`,
    ...(byDefault === undefined ? {} : { default: byDefault }),
    check: async (answer) => check(read(answer)),
  });
  return read(text);
}

async function askOptional(dialogue: Dialogue, question: string, name: string, byDefault: string): Promise<Answers> {
  const read = (text: string) => (text.trim() === "" ? {} : readAnswers({ [name]: text.trim() }));
  const text = await dialogue.ctx.ask.text(question, {
    flag: `--${name.replaceAll("_", "-")}`,
    default: byDefault,
    check: read,
  });
  return read(text);
}
