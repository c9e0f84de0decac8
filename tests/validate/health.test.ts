import { brokenHealth } from './broken/health.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('health', brokenHealth)
