import { CheckFailed, type StartupCheck } from './check.ts'
import type { OwnSocket } from './sockets.ts'

/** What every answer that used a tool consists of, in this order. */
const CRITICAL = [
  'agent_started',
  'agent_thinking',
  'tool_executing',
  'tool_completed',
  'agent_completed',
]
const ENDS = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])
const REMEDY =
  'Look for errors before this one in the log (NETRA_LOG_LEVEL=debug tells more); netra doctor runs the checks without serving.'

export interface GoldenPathPort {
  socket(): OwnSocket | undefined
  /** What is asked, of whom, and what the answer must hold. */
  question: { text: string; agent: string; model: string; answer: string }
  newId: () => string
  streamOf: (threadId: string) => string
  /** Takes away all that the run left. */
  erase(): Promise<void>
}

/** A whole turn: a message is accepted, an agent thinks, calls a tool and answers, and each event comes. */
export const goldenPathCheck = (port: GoldenPathPort): StartupCheck => ({
  id: 'golden_path',
  needs: ['store', 'sockets'],
  timeoutMs: 30_000,
  remedy: REMEDY,
  async run() {
    const socket = port.socket()
    if (!socket) throw new Error('there is no socket')
    try {
      return { detail: await walk(socket, port) }
    } finally {
      // Whoever still listened would be told of the end of what is erased.
      await socket.close()
      await port.erase()
    }
  },
})

async function walk(
  socket: OwnSocket,
  { question, newId, streamOf }: GoldenPathPort,
): Promise<string> {
  const begun = performance.now()
  const asked = newId()
  socket.send({
    type: 'send_message',
    id: asked,
    client_message_id: newId(),
    thread_id: null,
    content: [{ type: 'text', text: question.text }],
    agent: question.agent,
    model: question.model,
  })
  const answer = await socket.next(isAnswerTo(asked))
  if (answer.type === 'error') throw failed(`the message was refused: ${answer.message}`)
  const { thread_id: threadId, position } = answer
  const stream = streamOf(threadId)
  socket.send({ type: 'subscribe', id: newId(), stream, position })
  const seen: string[] = []
  let last = 0
  for (;;) {
    const { seq, event } = await socket.next(isEventOf(stream, last))
    if (seq !== last + 1) throw failed(`event ${last + 1} of the thread did not come`)
    last = seq
    if (CRITICAL.includes(event.type) && seen.at(-1) !== event.type) seen.push(event.type)
    if (!ENDS.has(event.type)) continue
    if (event.type !== 'agent_completed') throw failed(`the run ended with ${event.type}`)
    checkEvents(seen)
    if (!JSON.stringify(event).includes(question.answer)) throw failed('the answer is wrong')
    return `a tool call and its answer, ${last} events in ${Math.round(performance.now() - begun)} ms`
  }
}

function checkEvents(seen: readonly string[]): void {
  const missing = CRITICAL.filter((type) => !seen.includes(type))
  if (missing.length > 0) throw failed(`these events did not come: ${missing.join(', ')}`)
  const firsts = CRITICAL.map((type) => seen.indexOf(type))
  if (firsts.some((at, index) => index > 0 && at < (firsts[index - 1] ?? 0))) {
    throw failed(`the events came in a wrong order: ${seen.join(', ')}`)
  }
}

const failed = (problem: string): CheckFailed => new CheckFailed(problem, REMEDY)

interface Answered {
  type: 'ok'
  thread_id: string
  position: string
}
interface Refused {
  type: 'error'
  message: string
}

interface EventFrame {
  type: 'event'
  seq: number
  event: { type: string }
}

const isEventOf =
  (wanted: string, after: number) =>
  (frame: { type: string; stream?: unknown; seq?: unknown }): frame is EventFrame =>
    frame.type === 'event' && frame.stream === wanted && Number(frame.seq) > after

const isAnswerTo =
  (id: string) =>
  (frame: { type: string; id?: unknown }): frame is Answered | Refused =>
    (frame.type === 'ok' || frame.type === 'error') && frame.id === id
