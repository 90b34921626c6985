import { decrypt, type Encryption, encrypt } from "./encryption.ts";
import { type BackupInfo, headerStart, joinBackup, type Opened } from "./header.ts";
import { type Backup, packPayload, unpackPayload } from "./payload.ts";

/** The bytes of the file; encrypted where there is a passphrase. */
export async function writeBackup(backup: Backup, passphrase?: string): Promise<Uint8Array> {
  const plain = packPayload(backup);
  if (passphrase === undefined) return joinBackup(backup, undefined, plain);
  const { encryption, payload } = await encrypt(plain, passphrase, (made) => boundText(backup, made));
  return joinBackup(backup, encryption, payload);
}

/**
 * @param askPassphrase called only where the backup is encrypted
 * @throws AppError invalid for a wrong passphrase and for a file that was changed
 */
export async function readBackup(
  { header, payload }: Opened,
  path: string,
  askPassphrase: () => Promise<string>,
): Promise<Backup> {
  const { encryption } = header;
  if (encryption === undefined) return unpackPayload(payload, header, path);
  const plain = await decrypt(payload, await askPassphrase(), encryption, boundText(header, encryption), path);
  return unpackPayload(plain, header, path);
}

function boundText(info: BackupInfo, encryption: Encryption): string {
  return JSON.stringify(headerStart(info, encryption));
}
