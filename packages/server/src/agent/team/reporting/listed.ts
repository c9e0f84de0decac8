import type { PricingShown } from '../../tools/workload/schemas.ts'

/** Which prices, and of when. */
export const listed = ({ catalogue }: PricingShown): string =>
  catalogue
    ? ` (${catalogue.package} ${catalogue.version}, ${catalogue.priced_at.slice(0, 10)})`
    : ''
