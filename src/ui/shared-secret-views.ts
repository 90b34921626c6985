import type { SecretList } from "../app/shared-secrets/list-secrets.ts";
import type { RegeneratedSecret } from "../app/shared-secrets/regenerate-secret.ts";
import type { RemovedSecret } from "../app/shared-secrets/remove-secret.ts";
import type { ListedSecret, SharedSecretCard } from "../app/shared-secrets/shared-secret-card.ts";
import type { SharedConfig } from "../app/shared-secrets/show-config.ts";
import type { Style } from "../commands/command.ts";
import type { AppError } from "../domain/errors.ts";
import { table } from "./table.ts";
import { linkView, modeNames } from "./user-views.ts";

/** @param failure why the link does not work, which is said after the card */
export async function addedSecretView(card: SharedSecretCard, style: Style, failure?: AppError): Promise<string> {
  const done = `${style.good("✓")} Shared secret ${card.number} has a link; everybody who is given it shares it`;
  const title = failure === undefined ? done : notYet(`Shared secret ${card.number} is saved`, style);
  return `${style.bold(title)}\n\n${await cardView(card, style)}`;
}

export async function regeneratedSecretView(
  card: RegeneratedSecret,
  style: Style,
  failure?: AppError,
): Promise<string> {
  const moved =
    card.previousPort !== null && card.port !== null && card.previousPort !== card.port
      ? [`The port changed from ${card.previousPort} to ${card.port}.`]
      : [];
  const done = `${style.good("✓")} Shared secret ${card.number} has a new link; send it, the old one is no use any more`;
  const title = failure === undefined ? done : notYet(`Shared secret ${card.number} has a new key`, style);
  return [style.bold(title), ...moved, "", await cardView(card, style)].join("\n");
}

export async function sharedConfigView({ secrets }: SharedConfig, style: Style): Promise<string> {
  const cards = await Promise.all(secrets.map((card) => cardView(card, style)));
  return cards.join("\n\n");
}

export async function secretListView({ secrets, active }: SecretList, style: Style): Promise<string> {
  if (secrets.length === 0) return "No shared secrets: mtproxy add-secret";
  const columns = ["#", "Id", "Secret (masked)", "Mode", "Domain", "Active", "Created", "Description"];
  const rows = secrets.map((secret) => listRow(secret, style));
  const drawn = await table(
    columns.map((title) => ({ title })),
    rows,
  );
  return `Shared Secrets:\n${drawn}\n\nTotal: ${active} active, ${secrets.length - active} inactive`;
}

export function removedSecretView({ number, secret, removed, revoked }: RemovedSecret, style: Style): string {
  if (!removed) return `Shared secret ${number} (${secret}) stays`;
  const what = `Shared secret ${number} (${secret}) is removed`;
  return revoked ? `${style.good("✓")} ${what}; its link is dead` : what;
}

async function cardView(card: SharedSecretCard, style: Style): Promise<string> {
  const name = `Shared secret ${card.number}, id ${card.id}${card.active ? "" : style.warning(" (not active)")}`;
  const description = card.description === null ? [] : [`For:    ${card.description}`];
  return [name, ...description, await linkView(card, style)].join("\n");
}

function listRow({ number, id, secret, mode, domain, active, createdAt, description }: ListedSecret, style: Style) {
  return [
    String(number),
    id,
    secret,
    modeNames[mode],
    domain ?? "-",
    active ? style.good("✓") : style.warning("✗"),
    createdAt?.slice(0, 10) ?? "-",
    description ?? "-",
  ];
}

function notYet(what: string, style: Style): string {
  return `${style.warning("!")} ${what}, but the link may not work yet`;
}
