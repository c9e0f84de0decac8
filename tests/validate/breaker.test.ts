import { brokenBreaker } from './broken/runs.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('breaker', brokenBreaker)
