/** Fields of results that list names of people. */
const LISTS: readonly string[] = ["expired", "overlapsEnded", "comes", "goes"];

/** Whose lists of the same names hold something else. */
const OTHERS: readonly string[] = ["coverDomains", "sharedSecrets", "settings"];

/** Names of the people whom a command's result tells of, each once. */
export function peopleIn(data: unknown): string[] {
  const found = new Set<string>();
  collect(data, found);
  return [...found].sort();
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (typeof value === "object" && value !== null)
    for (const [name, field] of Object.entries(value)) collectField(name, field, found);
}

function collectField(name: string, field: unknown, found: Set<string>): void {
  if (name === "username" && typeof field === "string") found.add(field);
  else if (LISTS.includes(name) && Array.isArray(field)) for (const it of field) addName(it, found);
  else if (!OTHERS.includes(name)) collect(field, found);
}

function addName(value: unknown, found: Set<string>): void {
  if (typeof value === "string") found.add(value);
  else collect(value, found);
}
