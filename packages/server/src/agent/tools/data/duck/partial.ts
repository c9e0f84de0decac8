/** A database that is being written; whoever asked for it removes what a kill left of it. */
export const partialOf = (database: string): string => `${database}.partial`
