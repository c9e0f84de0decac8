import { brokenNetwork, brokenPlainName } from './broken/network.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('network', [...brokenNetwork, brokenPlainName])
