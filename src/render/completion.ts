import bash from "../../templates/completion.bash.tmpl";
import fish from "../../templates/completion.fish.tmpl";
import zsh from "../../templates/completion.zsh.tmpl";
import { type HostFile, WRITER } from "./host-files.ts";
import { fillTemplate } from "./template.ts";

const templates = { bash, zsh, fish };

export type Shell = keyof typeof templates;

export const shells = Object.keys(templates) as readonly Shell[];

/** What a shell sources so that Tab asks the program, under each name that it goes by. */
export function completionScript(shell: Shell, [program = "", ...others]: readonly string[]): string {
  return fillTemplate(templates[shell], { program, names: [program, ...others].join(" ") }).trimEnd();
}

/** Where Debian's shells look for the completions of commands that were not asked for yet, each by its name. */
export const completionFolders: Readonly<Record<Shell, string>> = {
  bash: "/usr/share/bash-completion/completions",
  zsh: "/usr/share/zsh/vendor-completions",
  fish: "/usr/share/fish/vendor_completions.d",
};

/** The files that one of the folders gets for a program: bash and fish look for one a name, zsh reads the names in it. */
export function completionFiles(shell: Shell, names: readonly string[]): HostFile[] {
  const folder = completionFolders[shell];
  const script = completionScript(shell, names);
  const file = (name: string, content: string): HostFile => ({ path: `${folder}/${name}`, content: `${content}\n` });
  if (shell === "zsh") return [file(`_${names[0]}`, autoloaded(script, names[0] ?? ""))];
  return names.map((name) => file(shell === "fish" ? `${name}.fish` : name, `${WRITER}\n${script}`));
}

/** zsh reads the names in the first line, and runs the rest when Tab is first pressed: then it has to answer, too. */
function autoloaded(script: string, program: string): string {
  const [names = "", ...lines] = script.split("\n");
  return [names, WRITER, ...lines, `_${program}_complete "$@"`].join("\n");
}
