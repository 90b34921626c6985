/** Instead of what is waited for no more. */
export const OVER: unique symbol = Symbol("over");

/** Nobody who quits has to wait for an engine that does not answer. */
export async function unlessOver<T>(work: Promise<T>, over: AbortSignal): Promise<T | typeof OVER> {
  work.catch(() => {});
  let end = (): void => {};
  const ended = new Promise<typeof OVER>((resolve) => {
    end = () => resolve(OVER);
    if (over.aborted) end();
    over.addEventListener("abort", end);
  });
  return Promise.race([work, ended]).finally(() => over.removeEventListener("abort", end));
}
