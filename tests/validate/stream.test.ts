import { brokenStream } from './broken/stream.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('stream', brokenStream)
