/** A command as a shell would start it: variables that are set for it, and its words. */
export interface ShellCommand {
  readonly env: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

const OPERATOR = /^(&&|\|\||<\(|>>|[|&;<>()])/;
const ASSIGNMENT = /^([A-Za-z_]+)=(.*)$/;

/**
 * The commands of one line, as far as documents need a shell: quotes, comments, variables in front, and everything that stands
 * between two commands. What follows `>` or `<` is a command of its own here, which is nobody's program.
 */
export function shellCommands(line: string): ShellCommand[] {
  const commands: string[][] = [[]];
  for (const word of wordsOf(line)) {
    if (word === undefined) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.filter((words) => words.length > 0).map(withVariables);
}

/** Words in their order; undefined where one command ends. */
function wordsOf(line: string): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let rest = line.trim();
  while (rest !== "" && !rest.startsWith("#")) {
    const [operator = ""] = OPERATOR.exec(rest) ?? [];
    const [raw = ""] = operator === "" ? (/^(?:'[^']*'|"(?:\\.|[^"])*"|\\.|[^\s|&;<>()'"])+/.exec(rest) ?? []) : [];
    if (operator === "" && raw === "") throw new Error(`no shell would understand: ${rest}`);
    found.push(operator === "" ? unquoted(raw) : undefined);
    rest = rest.slice((operator || raw).length).trimStart();
  }
  return found;
}

function unquoted(raw: string): string {
  return raw.replace(/'([^']*)'|"((?:\\.|[^"])*)"|\\(.)/g, (_, plain?: string, quoted?: string, one?: string) =>
    plain !== undefined ? plain : (quoted?.replace(/\\(.)/g, "$1") ?? one ?? ""),
  );
}

function withVariables(words: readonly string[]): ShellCommand {
  const first = words.findIndex((word) => !ASSIGNMENT.test(word) && word !== "sudo");
  const before = first === -1 ? words : words.slice(0, first);
  const env = before.flatMap((word) => {
    const [, name, value] = ASSIGNMENT.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return { env: Object.fromEntries(env), words: first === -1 ? [] : words.slice(first) };
}
