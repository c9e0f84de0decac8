import { brokenConversation } from './broken/conversation.ts'
import { proveAgainst } from './prove.ts'

proveAgainst('conversation', brokenConversation)
