import { brokenClassic } from './broken/classic.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('classic', brokenClassic)
