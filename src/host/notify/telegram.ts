import type { TelegramChannel } from "../../domain/numbers/alerts/channel.ts";
import type { AlertDispatch } from "../../domain/numbers/alerts/dispatch.ts";
import { postJson } from "./post.ts";

/** Of the Bot API, in characters. */
const MOST_TEXT = 4096;

/** A message of the bot to the chat (Bot API, sendMessage), as plain text: names in it are no markup. */
export async function sendToBot({ api, token, chat }: TelegramChannel, dispatch: AlertDispatch): Promise<void> {
  const text = [`${dispatch.server}`, ...dispatch.lines].join("\n");
  const body = { chat_id: chat, text: shortened(text), link_preview_options: { is_disabled: true } };
  const { status, text: answer } = await postJson(`${api}/bot${token}/sendMessage`, JSON.stringify(body));
  if (status !== 200) throw new Error(`${new URL(api).host}: ${describe(answer) ?? `HTTP status ${status}`}`);
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > MOST_TEXT ? `${characters.slice(0, MOST_TEXT - 1).join("")}…` : text;
}

/** `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}` */
function describe(answer: string): string | undefined {
  try {
    const { description } = JSON.parse(answer);
    return typeof description === "string" ? description : undefined;
  } catch {
    return undefined;
  }
}
