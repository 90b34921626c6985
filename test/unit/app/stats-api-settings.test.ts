import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/app/settings/choose-settings.ts";
import { readSetting } from "../../../src/app/settings/setting-names.ts";
import { readAnswers, readEnvironment } from "../../../src/app/setup/setup-answers.ts";

const set = (name: string, word: string) => parseSettings(readSetting(name, [word]));

describe("a setting of the stats API", () => {
  test.each([
    ["stats_api", "on", { statsApi: true }],
    ["stats-api", "false", { statsApi: false }],
    ["stats_api_port", "9000", { statsApiPort: 9000 }],
    ["stats_api_token", "off", { statsApiToken: false }],
    ["stats_api_origin", "https://Panel.example.com/", { statsApiOrigin: "https://panel.example.com" }],
    ["stats_api_origin", "http://127.0.0.1:9000", { statsApiOrigin: "http://127.0.0.1:9000" }],
    ["stats_api_origin", "none", { statsApiOrigin: "" }],
    ["metrics_users", "0", { metricsUsers: 0 }],
  ])("%s is set to %s", (name, word, settings) => expect(set(name, word)).toEqual(settings));

  test.each([
    ["stats_api", "perhaps"],
    ["stats_api_port", "0"],
    ["stats_api_origin", "*"],
    ["stats_api_origin", "panel.example.com"],
    ["stats_api_origin", "https://panel.example.com/panel"],
    ["stats_api_origin", "file:///panel.html"],
    ["metrics_users", "-1"],
  ])("%s is not set to %s", (name, word) => {
    expect(() => set(name, word)).toThrow(expect.objectContaining({ kind: "invalid" }));
  });

  test("is an answer of setup, in a variable and in a file", () => {
    const env = { MTPROXY_STATS_API: "on", MTPROXY_STATS_API_TOKEN: "no", MTPROXY_STATS_API_PORT: "9000" };
    expect(readEnvironment(env)).toEqual({ statsApi: true, statsApiToken: false, statsApiPort: 9000 });
    const answers = { stats_api: true, stats_api_token: false, stats_api_port: 9000, metrics_users: 5 };
    expect(readAnswers(answers)).toEqual({ statsApi: true, statsApiToken: false, statsApiPort: 9000, metricsUsers: 5 });
  });
});
