import { AppError } from "../../domain/errors.ts";
import type { Daemon } from "./daemon.ts";

/** A daemon that hangs must not hang us. */
const PATIENCE_MS = 15_000;

/**
 * The C proxy is written for x86-64 (its Makefile and its CRC and AES code): said before anything is pulled.
 * @throws AppError environment when the daemon's machine is of another kind, or no daemon answers
 */
export async function requireAmd64(daemon: Daemon): Promise<void> {
  const { Arch } = await daemon.call((docker) => inTime(docker.version(), daemon));
  if (Arch === "amd64") return;
  throw new AppError("environment", `Telegram's proxy runs on x86-64 (amd64) only, and this machine is ${Arch}`, {
    hint: "use a server with an x86-64 processor; the trial engine runs anywhere",
  });
}

async function inTime<T>(work: Promise<T>, { endpoint }: Daemon): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new AppError("environment", `Docker's daemon (${endpoint.url}) does not answer`, {
      hint: "systemctl restart docker",
    });
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
