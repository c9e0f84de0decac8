import { brokenErrors } from './broken/errors.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('errors', brokenErrors)
