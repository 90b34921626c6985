import { AppError, wordsOf } from "../../domain/errors.ts";
import type { AlertChannel } from "../../domain/numbers/alerts/channel.ts";
import type { AlertDispatch } from "../../domain/numbers/alerts/dispatch.ts";
import { shown } from "../../domain/printable.ts";
import { sendToCommand } from "./command.ts";
import { sendMail } from "./email.ts";
import { sendToBot } from "./telegram.ts";
import { sendToWebhook } from "./webhook.ts";

/**
 * Hands a message to a channel.
 * @throws AppError environment with the reason, when the other side did not take it; a secret of the channel is not in it
 */
export async function notify(channel: AlertChannel, dispatch: AlertDispatch): Promise<void> {
  try {
    await send(channel, dispatch);
  } catch (error) {
    throw new AppError("environment", shown(withoutSecret(wordsOf(error), channel), 200));
  }
}

function send(channel: AlertChannel, dispatch: AlertDispatch): Promise<void> {
  switch (channel.kind) {
    case "webhook":
      return sendToWebhook(channel, dispatch);
    case "telegram":
      return sendToBot(channel, dispatch);
    case "email":
      return sendMail(channel, dispatch);
    case "command":
      return sendToCommand(channel, dispatch);
  }
}

/** Whatever a library or the other side repeats. */
function withoutSecret(text: string, channel: AlertChannel): string {
  if (channel.kind === "telegram") return text.replaceAll(channel.token, "[token]");
  if (channel.kind !== "webhook") return text;
  const { pathname, search, password } = new URL(channel.url);
  return [channel.secret, `${pathname}${search}`, password]
    .filter((it) => it.length > 1)
    .reduce((words, secret) => words.replaceAll(secret, "[hidden]"), text);
}
