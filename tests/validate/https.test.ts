import { describe } from 'vitest'

import { brokenSecureAddresses } from './broken/addresses.ts'
import { brokenTls } from './broken/network.ts'
import { brokenSecureSecurity } from './broken/security.ts'
import { proveAgainst } from './prove.ts'

describe('by https', () => {
  proveAgainst('network', brokenTls, { tls: true })
})
describe('by https, the addresses', () => {
  proveAgainst('addresses', brokenSecureAddresses, { tls: true })
})
describe('by https, security', () => {
  proveAgainst('security', brokenSecureSecurity, { tls: true })
})
