import type { UserCard } from "../app/people/user-card.ts";
import type { InstalledServer } from "../app/setup/install-server.ts";
import type { Style } from "../commands/command.ts";
import type { AppError } from "../domain/errors.ts";
import { terminalQr } from "./qr.ts";

export async function setupView(server: InstalledServer | null, style: Style, failure?: AppError): Promise<string> {
  if (server === null) return "";
  const { settings, running, firstUser } = server;
  const lines = await Promise.all([
    aboutServer(server),
    firstUser === null ? [] : configuration(firstUser, style, failure),
  ]);
  if (!running) return lines.flat().join("\n");
  return [
    `${style.good("✓")} MTProxy running on port ${settings.port}`,
    ...lines.flat(),
    "",
    "Next steps:",
    ...nextSteps(firstUser),
  ].join("\n");
}

function aboutServer({ home, settings, repeated, replaces, host }: InstalledServer): string[] {
  const engine = settings.engine === "trial" ? "the trial engine (a first look, not for production)" : settings.image;
  const installed = host.filter((part) => part.installed).map(({ part }) => part);
  return [
    `${repeated ? "Settings" : "New home"}: ${home}`,
    `Links name ${settings.publicHost} port ${settings.port}; ${engine} serves them`,
    ...(replaces === null ? [] : [`What the engine ${replaces} ran for this home before is ended`]),
    ...(installed.length === 0 ? [] : [`On this machine: ${installed.join(", ")}`]),
  ];
}

async function configuration(user: UserCard, style: Style, failure?: AppError): Promise<string[]> {
  if (user.link === null) return [];
  return [
    "",
    `Client configuration${failure === undefined ? "" : " (the link may not work yet)"}:`,
    `  Deep link: ${style.bold(user.link)}`,
    `  QR code: ${user.files.qrPng}`,
    "",
    await terminalQr(user.link, style),
  ];
}

function nextSteps(firstUser: UserCard | null): string[] {
  const share = `  Share the link or the QR code with ${firstUser?.username ?? ""}; a tap in Telegram does the rest`;
  return [
    ...(firstUser === null ? [] : [share]),
    "  mtproxy add-user NAME   gives a person a link and a QR code",
    "  mtproxy verify          proves every link",
    "  mtproxy status          shows who is connected",
  ];
}
