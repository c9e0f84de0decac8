import { brokenAccounts } from './broken/accounts.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('accounts', brokenAccounts)
