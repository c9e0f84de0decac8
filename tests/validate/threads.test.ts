import { brokenThreads } from './broken/threads.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('threads', brokenThreads)
