import { brokenSecurity } from './broken/security.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('security', brokenSecurity)
