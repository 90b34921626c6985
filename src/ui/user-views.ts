import type { AddedUser } from "../app/people/add-user.ts";
import type { AddedVlessUser } from "../app/people/add-vless-user.ts";
import type { ListedUser, UserList } from "../app/people/list-users.ts";
import type { RegeneratedUser } from "../app/people/regenerate-user-secret.ts";
import type { Traffic, UserCard } from "../app/people/user-card.ts";
import type { Style } from "../commands/command.ts";
import type { AppError } from "../domain/errors.ts";
import { formatInstant } from "../domain/expiry.ts";
import type { Mode } from "../domain/secret.ts";
import { limitsText } from "./limit-views.ts";
import { terminalQr } from "./qr.ts";
import { table } from "./table.ts";
import { formatBytes } from "./units.ts";

export const modeNames: Readonly<Record<Mode, string>> = {
  plain: "plain",
  padded: "padded (dd)",
  "fake-tls": "fake-TLS (ee)",
};

/** @param failure why the link does not work, which is said after the card */
export async function addedUserView(user: AddedUser, style: Style, failure?: AppError): Promise<string> {
  const title = user.added
    ? `${style.good("✓")} ${user.username} has a link`
    : `${user.username} has this link already`;
  const shown = failure === undefined ? title : notYet(`${user.username} is saved`, style);
  return `${style.bold(shown)}\n\n${await userCardView(user, style)}`;
}

function notYet(what: string, style: Style): string {
  return `${style.warning("!")} ${what}, but the link may not work yet`;
}

export async function regeneratedUserView(user: RegeneratedUser, style: Style, failure?: AppError): Promise<string> {
  const moved =
    user.previousPort !== null && user.port !== null && user.previousPort !== user.port
      ? [`The port changed from ${user.previousPort} to ${user.port}.`]
      : [];
  const { formerLinkUntil: until } = user;
  const old = until === null ? "is no use any more" : `works until ${formatInstant(until)}`;
  const title = `${style.good("✓")} ${user.username} has a new link; send it, the old one ${old}`;
  const shown = failure === undefined ? title : notYet(`${user.username} has a new key`, style);
  return [style.bold(shown), ...moved, "", await userCardView(user, style)].join("\n");
}

export async function addedVlessUserView(
  { username, mtproxy }: AddedVlessUser,
  style: Style,
  failure?: AppError,
): Promise<string> {
  return mtproxy === null ? `${style.good("✓")} ${username} is in users.json` : addedUserView(mtproxy, style, failure);
}

/** The card that an admin reads from or sends on: links whole, QR code, where the files are, which apps it suits. */
export async function userCardView(user: UserCard, style: Style): Promise<string> {
  const name = `User:   ${user.username}${user.enabled ? "" : style.warning(" (disabled)")}`;
  return [name, ...labelLines(user), await linkView(user, style)].join("\n");
}

function labelLines({ note, tags, group, expiresAt, formerLinkUntil, limits, quotaUsed, traffic }: UserCard): string[] {
  return [
    ...(note === null ? [] : [`Note:   ${note}`]),
    ...(tags.length === 0 ? [] : [`Tags:   ${tags.join(", ")}`]),
    ...(group === undefined ? [] : [`Group:  ${group}`]),
    ...(expiresAt === null ? [] : [`Until:  ${formatInstant(expiresAt)}`]),
    ...(formerLinkUntil === null ? [] : [`Old link: works until ${formatInstant(formerLinkUntil)}`]),
    ...(limits === undefined ? [] : [`Limits: ${limitsText(limits)}`]),
    ...(quotaUsed === undefined ? [] : [`Used:   ${formatBytes(quotaUsed)}`]),
    ...(traffic === undefined ? [] : [`Data:   ${trafficText(traffic)}`]),
  ];
}

function trafficText({ bytesIn, bytesOut, connections }: Traffic): string {
  return `${formatBytes(bytesIn)} sent, ${formatBytes(bytesOut)} received, ${connections} connections that have ended`;
}

/** What is said of a link, whoever has it. */
export type LinkCard = Pick<
  UserCard,
  "mode" | "domain" | "secret" | "server" | "port" | "link" | "tmeLink" | "files" | "advice"
>;

export async function linkView(card: LinkCard, style: Style): Promise<string> {
  const mode = modeNames[card.mode] + (card.domain === null ? "" : ` as ${card.domain}`);
  const lines = [`Mode:   ${mode}`, `Secret: ${card.secret} (masked)`];
  if (card.link === null)
    return [...lines, "", "Port and link are settled when this is applied: mtproxy apply"].join("\n");
  const files = [card.files.link, card.files.qrPng, card.files.qrSvg].map((path) => `  ${path}`);
  return [
    ...lines,
    `Server: ${card.server} port ${card.port}`,
    "",
    "Link (opens Telegram):",
    `  ${style.bold(card.link)}`,
    "Web link (where t.me is not blocked):",
    `  ${card.tmeLink}`,
    "",
    await terminalQr(card.link, style),
    "",
    "Files:",
    ...files,
    "",
    ...card.advice.map((sentence) => `• ${sentence}`),
  ].join("\n");
}

export async function userListView({ users }: UserList, style: Style): Promise<string> {
  if (users.length === 0) return "No users yet: mtproxy add-user NAME";
  const expires = users.some(({ expiresAt }) => expiresAt !== undefined);
  const grouped = users.some(({ group }) => group !== undefined);
  const seldom = [...(grouped ? ["Group"] : []), ...(expires ? ["Expires"] : [])];
  const titles = ["Username", "MTProxy", "Mode", "Domain", "Port", ...seldom];
  return `${await table(
    titles.map((title) => ({ title })),
    users.map((user) => [
      ...listRow(user, style),
      ...(grouped ? [user.group ?? "-"] : []),
      ...(expires ? [expiryCell(user, style)] : []),
    ]),
  )}\n\nTotal: ${users.length}`;
}

function expiryCell({ expiresAt, expired }: ListedUser, style: Style): string {
  if (expiresAt === undefined) return "-";
  return expired ? style.warning(formatInstant(expiresAt)) : formatInstant(expiresAt);
}

function listRow(user: ListedUser, style: Style): string[] {
  if (!user.mtproxy) return [user.username, style.dim("no secret"), "-", "-", "-"];
  const state = user.enabled ? style.good("enabled") : style.warning("disabled");
  return [
    user.username,
    state,
    user.mode === null ? "-" : modeNames[user.mode],
    user.domain ?? "-",
    user.port?.toString() ?? "-",
  ];
}

/** FR-102's table, line by line as it was asked for. */
export async function secretListView({ users, enabled, disabled }: UserList): Promise<string> {
  const columns = [
    { title: "Username", minWidth: 10 },
    { title: "Secret (masked)", minWidth: 24 },
    { title: "Enabled" },
    { title: "Created", minWidth: 15 },
  ];
  const rows = users.map((user) => [
    user.username,
    user.secret === null ? "-" : maskedWithDigits(user),
    user.enabled ? "✓" : "✗",
    user.createdAt?.slice(0, 10) ?? "-",
  ]);
  return `MTProxy User Secrets:\n${await table(columns, rows)}\n\nTotal: ${enabled} enabled, ${disabled} disabled`;
}

/** `(32)` is the number of key digits. */
function maskedWithDigits({ secret }: ListedUser): string {
  return `${secret} (32)`;
}

/** FR-103's view of one user. */
export function vlessUserView(user: UserCard): string {
  const fakeTls = user.mode === "fake-tls";
  return [
    `MTProxy Configuration${fakeTls ? " (Fake-TLS)" : ""}:`,
    `  Status: ${user.enabled ? "Enabled" : "Disabled"}`,
    `  Secret: ${user.secret} (masked)`,
    ...(user.domain === null ? [] : [`  Domain: ${user.domain}`]),
    `  Deep Link: ${user.link ?? "-"}`,
    `  QR Code: ${user.files.qrPng}`,
  ].join("\n");
}

/** FR-103's table. */
export async function vlessListView({ users }: UserList): Promise<string> {
  const columns = [
    { title: "Username", minWidth: 10 },
    { title: "VLESS", minWidth: 13 },
    { title: "SOCKS5/HTTP", minWidth: 12 },
    { title: "MTProxy", minWidth: 10 },
  ];
  const mark = (yes: boolean) => (yes ? "✓" : "✗");
  const rows = users.map((user) => [
    user.username,
    mark(user.vless),
    mark(user.socks),
    mark(user.mtproxy && user.enabled),
  ]);
  return `Users (${users.length} total):\n${await table(columns, rows)}`;
}
