/** What can be chosen on a command line; apart from what is done with it, because every start reads it. */

export const sortings = ["active", "name", "total", "traffic", "used", "seen"] as const;

/** `active`: connections now, then traffic; `total`: connections ever. */
export type Sorting = (typeof sortings)[number];

export const reportFormats = ["csv", "json", "html"] as const;

export type ReportFormat = (typeof reportFormats)[number];
