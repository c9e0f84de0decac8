import { brokenLimits } from './broken/errors.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('limits', brokenLimits)
