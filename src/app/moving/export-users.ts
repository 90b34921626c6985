import { resolve } from "node:path";
import type { Context } from "../../context.ts";
import { tgLink } from "../../domain/link.ts";
import { domainOf, type Mode, maskSecret, revealSecret } from "../../domain/secret.ts";
import { hasSecret, type ProxyUser } from "../../domain/user.ts";
import { planState } from "../live/plan-state.ts";
import type { PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "../people/client-files.ts";
import { writeNew } from "../write-new.ts";

export interface ExportOptions {
  readonly format?: "json" | "csv" | undefined;
  /** Whole secrets and links; masked and without links otherwise. */
  readonly withSecrets?: boolean | undefined;
  /** Written there (0600) instead of being shown. */
  readonly output?: string | undefined;
  /** The text of the file. */
  readonly render: (exported: Exported) => string;
}

export interface ExportedUser {
  readonly username: string;
  readonly enabled: boolean;
  readonly mode: Mode;
  readonly domain: string | null;
  readonly server: string;
  readonly port: number | null;
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly note: string | null;
  readonly tags: readonly string[];
  readonly group: string | null;
  /** Masked unless asked for. */
  readonly secret: string;
  /** Null unless asked for. */
  readonly link: string | null;
}

export interface Exported {
  readonly format: "json" | "csv";
  readonly withSecrets: boolean;
  /** Where it was written; null where it is shown. */
  readonly file: string | null;
  readonly users: readonly ExportedUser[];
}

/**
 * Everybody who has a secret, to be read by other programs or imported on another server.
 * @throws AppError conflict when the file exists
 */
export async function exportUsers(ctx: Context, options: ExportOptions): Promise<Outcome<Exported>> {
  const { format = "json", withSecrets = false, output } = options;
  const planned = await planState(ctx);
  const users = planned.state.users.filter(hasSecret).map((user) => exportedUser(planned, user, withSecrets));
  const file = output === undefined ? null : resolve(output);
  const data = { format, withSecrets, file, users };
  if (file !== null) await writeNew(ctx, file, options.render(data));
  return { data, warnings: planned.state.warnings };
}

function exportedUser(planned: PlannedState, user: ProxyUser, withSecrets: boolean): ExportedUser {
  const link = linkOf(planned, user);
  return {
    username: user.name,
    enabled: user.enabled,
    mode: user.secret.mode,
    domain: domainOf(user.secret) ?? null,
    server: planned.state.settings.publicHost,
    port: link?.port ?? null,
    createdAt: user.createdAt ?? null,
    expiresAt: user.expiresAt ?? null,
    note: user.note ?? null,
    tags: user.tags ?? [],
    group: user.group ?? null,
    secret: withSecrets ? revealSecret(user.secret) : maskSecret(user.secret),
    link: withSecrets && link !== undefined ? tgLink(link) : null,
  };
}
