import { brokenResume } from './broken/resume.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('resume', brokenResume)
