import { readAddresses } from './live/addresses.ts'

/** The address of a page of this app for a whole new load, after which nothing is left in memory. */
export const pageAddress = (path: `/${string}`): string => `${readAddresses().base}${path}`
