import type { CommandChannel } from "../../domain/numbers/alerts/channel.ts";
import { type AlertDispatch, alertJson } from "../../domain/numbers/alerts/dispatch.ts";
import { runWithInput } from "./run-with-input.ts";

/** Starts the admin's program with the message as JSON on its standard input. */
export function sendToCommand({ words, patience }: CommandChannel, dispatch: AlertDispatch): Promise<void> {
  return runWithInput(words, alertJson(dispatch), patience * 1000);
}
