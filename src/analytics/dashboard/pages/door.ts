import { Api, ApiError, type Fault } from "../api/client.ts";
import { h, setAttribute, setText } from "../parts/dom.ts";
import type { Texts } from "../texts/texts.ts";

/** Asks for the token until the API takes it. @param first what is said at the beginning */
export function door(texts: Texts, onEnter: (token: string) => void, first = ""): HTMLElement {
  const words = texts.door;
  const fault = h("p", { role: "alert", id: "door-fault", class: "fault" }, first);
  const input = h("input", {
    ...{ type: "password", id: "door-token", autocomplete: "off", spellcheck: "false", required: true },
    "aria-describedby": "door-fault",
  });
  const enter = h("button", { type: "submit", class: "main" }, words.enter);
  const form = h("form", {}, h("label", { for: "door-token" }, words.label), input, enter, fault);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void tryToken();
  });
  const command = h("pre", {}, h("code", {}, "mtproxy stats-api status"));
  return h(
    "main",
    { class: "door", id: "main", tabindex: -1 },
    h("h1", {}, words.title),
    h("p", {}, words.explanation),
    command,
    form,
  );

  async function tryToken(): Promise<void> {
    const token = input.value.trim();
    setText(fault, words.entering);
    enter.disabled = true;
    const reason = await faultOf(token);
    enter.disabled = false;
    setAttribute(input, "aria-invalid", reason !== undefined);
    if (reason === undefined) return onEnter(token);
    setText(fault, { token: words.wrong, "too many": words.tooMany, away: words.away }[reason]);
    input.focus();
  }
}

/** Undefined when it opens. */
async function faultOf(token: string): Promise<"token" | "too many" | "away" | undefined> {
  // What cannot stand in a header is no token.
  if (!/^[\x21-\x7e]+$/.test(token)) return "token";
  const fault = await probe(new Api(token));
  if (fault === undefined || fault === "not ready") return undefined;
  return fault === "token" || fault === "too many" ? fault : "away";
}

/** What keeps one from the figures. */
export async function probe(api: Api): Promise<Fault | undefined> {
  try {
    await api.stats();
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.fault;
    throw error;
  }
}
