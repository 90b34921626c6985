/**
 * Telegram's datacenters, production under their number and test under number + 10000, as they stand in Telegram Desktop
 * (telegramdesktop/tdesktop, Telegram/SourceFiles/mtproto/mtproto_dc_options.cpp: kBuiltInDcs and kBuiltInDcsTest); 203 is the
 * CDN datacenter, as 9seconds/mtg has it (mtglib/internal/dc/init.go).
 */
export const telegramDatacenters: Readonly<Record<string, string>> = {
  1: "149.154.175.50:443",
  2: "149.154.167.51:443",
  3: "149.154.175.100:443",
  4: "149.154.167.91:443",
  5: "149.154.171.5:443",
  203: "91.105.192.100:443",
  10001: "149.154.175.10:443",
  10002: "149.154.167.40:443",
  10003: "149.154.175.117:443",
};
