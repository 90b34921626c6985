import pageTemplate from "../../templates/link-page.html.tmpl";
import { formatInstant } from "../domain/expiry.ts";
import { type Link, tgLink, tmeLink } from "../domain/link.ts";
import { escapeHtml } from "./escape-html.ts";
import { svgQr } from "./qr.ts";
import { fillTemplate } from "./template.ts";

/** What is told of the link that a person had before: dead, or when it ends (ISO 8601); nothing where that is not known. */
export type FormerLink = "dead" | { readonly until: string } | undefined;

/** A file to hand on to a person; each one holds the key. */
interface InvitationFile {
  readonly name: "mtproxy_message.txt" | "mtproxy_page.html";
  readonly content: string;
}

/** How a new link is told in one language. */
interface Words {
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  readonly tap: string;
  readonly otherwise: string;
  readonly private: string;
  readonly dead: string;
  readonly until: (time: string) => string;
}

const LANGUAGES: readonly Words[] = [
  {
    language: "en",
    direction: "ltr",
    tap: "Here is your new link to Telegram. Tap it and choose “Connect”:",
    otherwise: "If nothing happens, open this one in a browser:",
    private: "Please do not pass it on: it is for you only.",
    dead: "The old link does not work any more.",
    until: (time) => `The old link works until ${time}.`,
  },
  {
    language: "ru",
    direction: "ltr",
    tap: "Вот ваша новая ссылка для Telegram. Нажмите на неё и выберите «Подключиться»:",
    otherwise: "Если ничего не происходит, откройте в браузере эту:",
    private: "Пожалуйста, не передавайте её другим: она только для вас.",
    dead: "Старая ссылка больше не работает.",
    until: (time) => `Старая ссылка работает до ${time}.`,
  },
  {
    language: "fa",
    direction: "rtl",
    tap: "این پیوند تازهٔ شما برای تلگرام است. روی آن بزنید و «اتصال» را انتخاب کنید:",
    otherwise: "اگر اتفاقی نیفتاد، این پیوند را در مرورگر باز کنید:",
    private: "لطفاً آن را به کسی ندهید: فقط برای شماست.",
    dead: "پیوند قدیمی دیگر کار نمی‌کند.",
    until: (time) => `پیوند قدیمی تا ${time} کار می‌کند.`,
  },
];

/** A message to send, and a page to put anywhere or to send as a file: it asks nobody for anything. */
export async function renderInvitation(link: Link, former?: FormerLink): Promise<InvitationFile[]> {
  const [tg, tme] = [tgLink(link), tmeLink(link)];
  const page = fillTemplate(pageTemplate, {
    tgLink: escapeHtml(tg),
    tmeLink: escapeHtml(tme),
    qr: (await svgQr(tg)).trim(),
    sections: LANGUAGES.map((words) => section(words, former)).join("\n"),
  });
  return [
    { name: "mtproxy_message.txt", content: message(tg, tme, former) },
    { name: "mtproxy_page.html", content: page },
  ];
}

function message(tg: string, tme: string, former: FormerLink): string {
  const told = LANGUAGES.map((words) => [words.tap, tg, words.otherwise, tme, ...sentences(words, former)].join("\n"));
  return `${told.join("\n\n")}\n`;
}

function section(words: Words, former: FormerLink): string {
  const paragraphs = [words.tap.replace(/:$/, "."), ...sentences(words, former)];
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join("");
  return `<section lang="${words.language}" dir="${words.direction}">${body}</section>`;
}

function sentences(words: Words, former: FormerLink): string[] {
  if (former === undefined) return [words.private];
  return [words.private, former === "dead" ? words.dead : words.until(formatInstant(former.until))];
}
