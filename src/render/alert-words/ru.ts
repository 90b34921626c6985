import type { AlertWords, Facts } from "./words.ts";

const which = ({ subject }: Facts) => (subject === "" ? "Прокси" : subject);
const clock = ({ seconds, isBehind }: Facts) => `Часы сервера ${isBehind ? "отстают" : "спешат"} на ${seconds} с`;

export const russian: AlertWords = {
  direction: "ltr",
  kinds: {
    "proxy-down": {
      begins: (facts) => `${which(facts)} не работает или не отвечает: подключиться нельзя.`,
      over: (facts) => `${which(facts)} снова работает.`,
    },
    "upstream-not-ready": {
      begins: ({ subject }) => `У ${subject} нет связи с Telegram: через него никто не может подключиться.`,
      over: ({ subject }) => `${subject} снова на связи с Telegram.`,
    },
    blocked: {
      begins: ({ usual, now }) =>
        `Почти все пропали разом: подключений ${now}, обычно ${usual}. Сам прокси в порядке: возможно, путь к нему блокируют.`,
      over: () => "Люди вернулись.",
    },
    "disk-low": {
      begins: ({ percent }) => `Диск почти полон: свободно ${percent} %.`,
      over: () => "На диске снова есть место.",
    },
    certificate: {
      begins: ({ subject, until, hasPassed }) =>
        `Сертификат сайта-прикрытия ${subject} ${hasPassed ? "истёк" : "истекает"}: ${until}.`,
      over: ({ subject }) => `Сертификат сайта-прикрытия ${subject} обновлён.`,
    },
    clock: {
      begins: (facts) =>
        `${clock(facts)}: ${facts.isDead ? "все ссылки fake-TLS не работают" : "ещё немного, и ссылки fake-TLS перестанут работать"}.`,
      over: () => "Часы сервера снова идут верно.",
    },
    "quota-near": { begins: ({ subject, percent, amount }) => `${subject}: израсходовано ${percent} % из ${amount}.` },
    "quota-used": { begins: ({ subject, amount }) => `${subject}: лимит ${amount} исчерпан, доступ закрыт.` },
    expiring: { begins: ({ subject, until }) => `Ссылка ${subject} скоро истекает: ${until}.` },
  },
  since: (from) => `(с ${from})`,
  was: (from, to) => `(с ${from} до ${to})`,
  still: "По-прежнему:",
  test: "Это проверка: оповещения доходят.",
};
