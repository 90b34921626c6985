import type { Files } from "../ports.ts";

/**
 * The same file system, where `announce` is waited for before something is changed that is of interest.
 * @param isOfInterest by path
 */
export function announcedFiles(
  files: Files,
  isOfInterest: (path: string) => boolean,
  announce: () => Promise<void>,
): Files {
  const announced = <A extends unknown[]>(change: (path: string, ...others: A) => Promise<void>) => {
    return async (path: string, ...others: A): Promise<void> => {
      if (isOfInterest(path)) await announce();
      await change(path, ...others);
    };
  };
  return {
    ...files,
    write: announced(files.write),
    writeInPlace: announced(files.writeInPlace),
    remove: announced(files.remove),
    removeFolder: announced(files.removeFolder),
  };
}
