import { answerCalculation } from './answer-calculation.ts'
import { answerTable } from './answer-table.ts'
import { arithmeticOf } from './arithmetic.ts'
import { tablesOf } from './choose-file.ts'
import type { Conversation } from './conversation.ts'
import { GREETING, NO_FILE, THANKS } from './refuse.ts'
import { answer, type Reply } from './reply.ts'
import { sentencesOf } from './sentences.ts'
import { smallTalkOf } from './small-talk.ts'

/** The next step of a conversation. Depends on nothing else, so it can be asked again at any time. */
export function replyTo(conversation: Conversation, tools: ReadonlySet<string>): Reply {
  const { message } = conversation
  if (message === '') return answer(GREETING)
  const talk = smallTalkOf(message)
  if (talk === 'greeting') return answer(GREETING)
  if (talk === 'thanks') return answer(THANKS)
  if (talk === 'help') return answerTable(conversation, tools, 'help')
  const whole = arithmeticOf(message)
  if (whole !== undefined) return together([answerCalculation(whole, conversation, tools)])
  return replyToSentences(conversation, tools)
}

/** Arithmetic and questions about the table may stand side by side in one message. */
function replyToSentences(conversation: Conversation, tools: ReadonlySet<string>): Reply {
  const sentences = sentencesOf(conversation.message).filter((sentence) => !smallTalkOf(sentence))
  const replies: Reply[] = []
  const rest: string[] = []
  for (const sentence of sentences) {
    const expression = arithmeticOf(sentence)
    if (expression === undefined) rest.push(sentence)
    else replies.push(answerCalculation(expression, conversation, tools))
  }
  if (rest.length > 0) {
    const message = rest.join('\n')
    const noTable = tablesOf(conversation.files).length === 0
    replies.push(
      noTable ? answer(NO_FILE) : answerTable({ ...conversation, message }, tools, 'question'),
    )
  }
  return replies.length === 0 ? answer(GREETING) : together(replies)
}

/** All calls first; the answer once all of them are back. */
function together(replies: readonly Reply[]): Reply {
  const calling = replies.filter((reply) => reply.kind === 'calls')
  if (calling.length > 0) {
    return {
      kind: 'calls',
      thought: calling.map(({ thought }) => thought).join(' '),
      calls: calling.flatMap(({ calls }) => calls),
    }
  }
  return answer(replies.map((reply) => (reply.kind === 'answer' ? reply.text : '')).join('\n\n'))
}
