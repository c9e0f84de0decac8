import { brokenAgents } from './broken/agents.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('agents', brokenAgents)
