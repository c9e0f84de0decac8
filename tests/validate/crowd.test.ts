import { brokenCrowd } from './broken/runs.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('crowd', brokenCrowd)
