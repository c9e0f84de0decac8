import { brokenAddresses } from './broken/addresses.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('addresses', brokenAddresses)
