import { answerCalculation } from './answer-calculation.ts'
import { answerTable } from './answer-table.ts'
import { answerTokenPrice } from './answer-token-price.ts'
import { arithmeticOf } from './arithmetic.ts'
import type { Conversation } from './conversation.ts'
import { sentencesOf } from './parse/sentences.ts'
import { smallTalkOf } from './parse/small-talk.ts'
import { isTooLong } from './parse/too-long.ts'
import { GREETING, NO_FILE, THANKS, tooLong } from './phrase/refuse.ts'
import { tablesOf } from './plan/choose-file.ts'
import { answer, type Reply } from './reply.ts'
import { tokenPriceOf, type TokenPrice } from './token-price.ts'

/** The next step of a conversation. Depends on nothing else, so it can be asked again at any time. */
export function replyTo(conversation: Conversation, tools: ReadonlySet<string>): Reply {
  const { message } = conversation
  if (message === '') return answer(GREETING)
  if (isTooLong(message)) return answer(tooLong(message))
  const talk = smallTalkOf(message)
  if (talk === 'greeting') return answer(GREETING)
  if (talk === 'thanks') return answer(THANKS)
  if (talk === 'help') return answerTable(conversation, tools, 'help')
  const whole = arithmeticOf(message)
  if (whole !== undefined) return together([answerCalculation(whole, conversation, tools)])
  const priced = pricedTokensOf(message, conversation)
  if (priced) return answerTokenPrice(priced, conversation, tools)
  return replyToSentences(conversation, tools)
}

/** Beside a table, a model without a number of tokens would be priced on its rows. */
function pricedTokensOf(sentence: string, { files }: Conversation): TokenPrice | undefined {
  const priced = tokenPriceOf(sentence)
  if (priced?.kind !== 'listed' || tablesOf(files).length === 0) return priced
  return Object.keys(priced.tokens).length > 0 ? priced : undefined
}

/** Arithmetic and questions about the table may stand side by side in one message. */
function replyToSentences(conversation: Conversation, tools: ReadonlySet<string>): Reply {
  const sentences = sentencesOf(conversation.message).filter((sentence) => !smallTalkOf(sentence))
  const replies: Reply[] = []
  const rest: string[] = []
  for (const sentence of sentences) {
    const expression = arithmeticOf(sentence)
    const priced = expression === undefined ? pricedTokensOf(sentence, conversation) : undefined
    if (expression !== undefined) replies.push(answerCalculation(expression, conversation, tools))
    else if (priced) replies.push(answerTokenPrice(priced, conversation, tools))
    else rest.push(sentence)
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
