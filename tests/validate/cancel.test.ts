import { brokenCancel } from './broken/runs.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('cancel', brokenCancel)
