import { AppError } from "../domain/errors.ts";

const TOKEN = /\{\{(\w+)\}\}/g;

/**
 * Puts values in place of the `{{tokens}}` of a template. A value of several lines gets the indentation of its token.
 * @throws AppError bug for a token without a value, and for a value that the template has no place for
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const filled = template.replace(TOKEN, (token: string, name: string, at: number) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new AppError("bug", `a template asks for ${token}, which nothing gives`);
    unused.delete(name);
    return value.replace(/\n(?!\n)/g, `\n${indentationAt(template, at)}`);
  });
  if (unused.size > 0) throw new AppError("bug", `a template has no place for ${[...unused].join(", ")}`);
  return filled;
}

function indentationAt(template: string, at: number): string {
  const line = template.slice(template.lastIndexOf("\n", at - 1) + 1, at);
  return /^ *$/.test(line) ? line : "";
}
