import type { SetupResult } from "../app/setup.ts";
import type { Style } from "../commands/command.ts";

export function setupView({ home, settings, running, repeated, replaces }: SetupResult, style: Style): string {
  const engine = settings.engine === "trial" ? "the trial engine (a first look, not for production)" : settings.image;
  const lines = [
    `${repeated ? "Settings" : "New home"}: ${home}`,
    `Links name ${settings.publicHost} port ${settings.port}; ${engine} serves them`,
    ...(replaces === null ? [] : [`What the engine ${replaces} ran for this home before is ended`]),
  ];
  if (!running) return lines.join("\n");
  return [
    `${style.good("✓")} MTProxy running on port ${settings.port}`,
    ...lines,
    "",
    "Next steps:",
    ...nextSteps,
  ].join("\n");
}

const nextSteps = [
  "  mtproxy add-user NAME   gives a person a link and a QR code",
  "  mtproxy verify          proves every link",
  "  mtproxy status          shows who is connected",
];
